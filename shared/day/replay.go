package day

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"multipoint/shared/fault"
	"multipoint/shared/object"
	"multipoint/shared/seal"
)

// Replay computes a committed run again from its pins, into scratch, and gives the manifest that it comes to.
// What is stored is only read; scratch must be empty. Errors: part.shredded if what the run read can no
// longer be read, others of the steps.
func (s *Service) Replay(ctx context.Context, run int64, scratch object.Store) (*Manifest, error) {
	pins, err := s.Pins(ctx, run)
	if err != nil {
		return nil, err
	}
	over := &overlay{Store: s.Objects, scratch: scratch}
	parts, err := seal.New(ctx, over, s.Keys, s.Retailer, seal.Options{Folder: s.Options.TempDir})
	if err != nil {
		return nil, err
	}
	again := &Service{
		Retailer: s.Retailer, Objects: over, Parts: parts, Table: s.Table, Keys: s.Keys,
		Converters: s.Converters, Now: s.Now, Log: s.Log, Options: s.Options,
	}
	w, err := again.prepare(ctx, pins)
	if err != nil {
		return nil, err
	}
	return w.compute(ctx)
}

// compute runs all steps up to the manifest in this process.
func (w *work) compute(ctx context.Context) (*Manifest, error) {
	if w.pins.Kind != Day {
		return w.answerTask(ctx)
	}
	for _, step := range []struct {
		count int
		run   func(ctx context.Context, task int) error
	}{
		{len(w.convertTasks()), w.convertTask},
		{1, func(ctx context.Context, _ int) error { return w.checkTask(ctx) }},
		{w.pins.Groups, w.rateTask},
		{1, func(ctx context.Context, _ int) error { return w.allocateTask(ctx) }},
		{w.pins.Groups, w.grantTask},
		{w.fileTasks(), w.filesTask},
	} {
		err := spread(ctx, replayThreads, step.count, func(ctx context.Context, _, task int) error {
			return step.run(ctx, task)
		})
		if err != nil {
			return nil, err
		}
	}
	return w.settle(ctx)
}

// replayThreads is how many tasks a replay runs at a time.
const replayThreads = 2

// overlay reads what is stored and writes to scratch.
type overlay struct {
	object.Store // read only
	scratch      object.Store
}

func (o *overlay) Create(ctx context.Context, key string, b io.Reader, meta map[string]string) error {
	return o.scratch.Create(ctx, key, b, meta)
}

func (o *overlay) Put(ctx context.Context, key string, b io.Reader, meta map[string]string) error {
	return o.scratch.Put(ctx, key, b, meta)
}

func (o *overlay) Open(ctx context.Context, key string, offset, length int64) (io.ReadCloser, error) {
	r, err := o.scratch.Open(ctx, key, offset, length)
	if errors.Is(err, object.ErrAbsent) {
		return o.Store.Open(ctx, key, offset, length)
	}
	return r, err
}

func (o *overlay) Stat(ctx context.Context, key string) (object.Info, error) {
	info, err := o.scratch.Stat(ctx, key)
	if errors.Is(err, object.ErrAbsent) {
		return o.Store.Stat(ctx, key)
	}
	return info, err
}

func (o *overlay) Delete(ctx context.Context, key string) error { return o.scratch.Delete(ctx, key) }
func (o *overlay) Sync(context.Context) error                   { return nil }

// Verdict of a verification.
type Verdict string

// What verify says of a run.
const (
	Identical Verdict = "identical"
	Different Verdict = "different"
	// NotReproducible: keys of what the run read were shredded; the chain of digests holds (R24).
	NotReproducible Verdict = "no longer reproducible (chain intact)"
)

// Verification is what verify found out about a run.
type Verification struct {
	Run     int64   `json:"run"`
	Verdict Verdict `json:"verdict"`
	// Where names the first thing that differs or is damaged, and What says how.
	Where string `json:"where,omitempty"`
	What  string `json:"what,omitempty"`
}

func different(run int64, where, format string, args ...any) *Verification {
	return &Verification{Run: run, Verdict: Different, Where: where, What: fmt.Sprintf(format, args...)}
}

// Verify proves a committed run: its place in the chain, each of its stored parts, and that the run comes to
// the same when it is computed again (A26, A30). scratch must be empty.
func (s *Service) Verify(ctx context.Context, run int64, scratch object.Store) (*Verification, error) {
	m, v, err := s.verifyChain(ctx, run)
	if err != nil || v != nil {
		return v, err
	}
	if m.Void {
		return &Verification{Run: run, Verdict: Identical, What: "voided: " + m.Reason}, nil
	}
	if v, err := s.verifyParts(ctx, m); v != nil || err != nil {
		return v, err
	}
	again, err := s.Replay(ctx, run, scratch)
	if fault.CodeOf(err) == fault.PartShredded {
		return &Verification{Run: run, Verdict: NotReproducible}, nil
	}
	if code := fault.CodeOf(err); code != 0 {
		return different(run, placeOf(err), "%v", err), nil
	}
	if err != nil {
		return nil, err
	}
	if v := compareManifests(m, again); v != nil {
		return v, nil
	}
	return &Verification{Run: run, Verdict: Identical}, nil
}

// verifyParts proves each sealed object that the run read or wrote; nil if all are as they were.
func (s *Service) verifyParts(ctx context.Context, m *Manifest) (*Verification, error) {
	pins, err := s.Pins(ctx, m.Run)
	if fault.CodeOf(err) != 0 {
		return different(m.Run, s.pinsPath(m.Run), "%v", err), nil
	}
	if err != nil {
		return nil, err
	}
	parts := slices.Clone(m.Parts)
	if m.Kind == Day {
		parts = append(parts, Part{Key: s.vaultPath(m.Run)})
	}
	for i := range pins.Files {
		for j := range pins.Files[i].Chunks {
			parts = append(parts, Part{Key: pins.Files[i].Chunks[j].Key})
		}
	}
	shredded := false
	for _, p := range parts {
		err := partFault(p.Key, s.Parts.Verify(ctx, p.Key))
		switch {
		case fault.CodeOf(err) == fault.PartShredded:
			shredded = true
			continue
		case fault.CodeOf(err) != 0:
			return different(m.Run, p.Key, "%v", err), nil
		case err != nil:
			return nil, err
		}
		info, err := s.Parts.Stat(ctx, p.Key)
		if err != nil {
			return nil, partFault(p.Key, err)
		}
		if p.Hash != "" && info.Metadata[seal.MetaProof] != p.Hash {
			return different(m.Run, p.Key, "its keyed hash is not the manifest's"), nil
		}
	}
	if shredded {
		return &Verification{Run: m.Run, Verdict: NotReproducible}, nil
	}
	return nil, nil
}

// placeOf names the place of the innermost fault that has one.
func placeOf(err error) (place string) {
	for {
		var e *fault.Error
		if !errors.As(err, &e) {
			return place
		}
		if e.File != "" {
			place = e.File
		}
		err = e.Err
	}
}

// verifyChain checks a run's manifest against its pins and the manifest of the committed run before.
func (s *Service) verifyChain(ctx context.Context, run int64) (*Manifest, *Verification, error) {
	m, err := s.Manifest(ctx, run)
	if fault.CodeOf(err) != 0 {
		return nil, different(run, s.manifestPath(run), "%v", err), nil
	}
	if err != nil || m.Void {
		return m, nil, err
	}
	r, err := s.Run(ctx, run)
	if err != nil {
		return nil, nil, err
	}
	if r.Digest != m.Digest {
		return nil, different(run, s.manifestPath(run), "its digest is %s, that of the run's record %s",
			m.Digest, r.Digest), nil
	}
	before := strings.Repeat("0", 64)
	if m.Previous > 0 {
		p, err := s.Manifest(ctx, m.Previous)
		if fault.CodeOf(err) != 0 {
			return nil, different(run, s.manifestPath(m.Previous), "%v", err), nil
		}
		if err != nil {
			return nil, nil, err
		}
		before = p.Digest
	}
	if m.PreviousDigest != before && (m.Previous > 0 || m.PreviousDigest != "") {
		return nil, different(run, s.manifestPath(run), "the digest before it is %s, not %s",
			before, m.PreviousDigest), nil
	}
	return m, nil, nil
}

// compareManifests names the first difference of a run from its replay.
func compareManifests(m, again *Manifest) *Verification {
	for i := range m.Files {
		if i < len(again.Files) && m.Files[i].withoutParts() != again.Files[i].withoutParts() {
			return different(m.Run, m.Files[i].Name, "verdict %+v, replayed %+v",
				m.Files[i].withoutParts(), again.Files[i].withoutParts())
		}
	}
	for i := range m.Buckets {
		if i < len(again.Buckets) && m.Buckets[i] != again.Buckets[i] {
			return different(m.Run, fmt.Sprintf("bucket %d", i), "hash %s, replayed %s",
				m.Buckets[i], again.Buckets[i])
		}
	}
	for i := range m.Parts {
		if i >= len(again.Parts) || m.Parts[i].Hash != again.Parts[i].Hash ||
			path.Base(m.Parts[i].Key) != path.Base(again.Parts[i].Key) {
			return different(m.Run, m.Parts[i].Key, "the replay's part has another content")
		}
	}
	if m.Digest != again.Digest {
		return different(m.Run, "digest", "%s, replayed %s", m.Digest, again.Digest)
	}
	return nil
}

func (f *FileVerdict) withoutParts() FileVerdict {
	v := *f
	v.BadLines = Part{}
	return v
}
