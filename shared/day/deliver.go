package day

import (
	"context"
	"errors"
	"io"

	"multipoint/shared/object"
)

const stepDeliver = "deliver"

// OutboxPath is where a provider reads its files.
func (s *Service) OutboxPath(f *ProviderFile) string {
	return s.outbox() + f.Provider + "/" + runName(f.Run) + "-" + f.Name
}

func (s *Service) outbox() string { return "outbox/" + s.Retailer + "/" }

// Deliver puts the provider files of a committed run where their providers read them.
func (s *Service) Deliver(ctx context.Context, st Step) error {
	w, done, err := s.begin(ctx, st, stepDeliver)
	if err != nil || done {
		return err
	}
	m, err := s.Manifest(ctx, st.Run)
	if err != nil {
		return err
	}
	for i := range m.Providers {
		if f := &m.Providers[i]; f.FileNo > 0 {
			if err := w.deliver(ctx, f); err != nil {
				return err
			}
		}
	}
	return s.record(ctx, st.Run, st.Attempt, stepDeliver, "")
}

func (w *work) deliver(ctx context.Context, f *ProviderFile) error {
	r, err := w.readPart(ctx, f.Part.Key)
	if err != nil {
		return err
	}
	defer func() { _ = r.Close() }() // it was only read
	err = w.Objects.Create(ctx, w.OutboxPath(f), io.Reader(r), map[string]string{"sha256": f.SHA256})
	if errors.Is(err, object.ErrExists) {
		return nil // an object is there whole or not at all, and its name says which file it is
	}
	return err
}

// Manifest reads a run's manifest. Errors: part.missing, part.damaged.
func (s *Service) Manifest(ctx context.Context, run int64) (*Manifest, error) {
	m := &Manifest{}
	return m, s.readJSON(ctx, s.manifestPath(run), m)
}
