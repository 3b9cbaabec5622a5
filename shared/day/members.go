package day

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"

	"multipoint/shared/calendar"
	"multipoint/shared/member"
	"multipoint/shared/seal"
	"multipoint/shared/table"
)

// Registry keeps the members and knows which of them changed (package registration).
type Registry interface {
	// Fold writes the snapshot file that is the one before, nil for none, with what changed since; done takes
	// the changes off the list once the file is published. If nothing changed, nothing is written and done is
	// nil.
	Fold(ctx context.Context, before io.Reader, to io.Writer) (done func(context.Context) error, err error)
}

// PublishMembers makes a snapshot of the members the one that runs use from now on: a file that member.Load
// reads. day is the run date whose data key protects it.
func (s *Service) PublishMembers(ctx context.Context, file []byte, day calendar.Date) (Pinned, error) {
	p, err := s.keepMembers(ctx, file, day)
	if err != nil {
		return p, err
	}
	return p, s.putPinned(ctx, s.membersKey(), p)
}

func (s *Service) membersKey() table.Key { return table.Key{Partition: s.key("MEMBERS"), Sort: one} }

// keepMembers writes a snapshot file. Errors: those of member.Load.
func (s *Service) keepMembers(ctx context.Context, file []byte, day calendar.Date) (Pinned, error) {
	if _, err := member.Load(bytes.NewReader(file)); err != nil {
		return Pinned{}, err
	}
	sum := sha256.Sum256(file)
	p := Pinned{SHA256: hex.EncodeToString(sum[:])}
	p.Key = "members/" + s.Retailer + "/" + day.String() + "/" + p.SHA256
	_, err := s.create(ctx, p.Key, day, 1, func(w *seal.SectionWriter) error { return w.Append(file) })
	return p, full(err)
}

// foldMembers publishes a snapshot with what the registry knows of, if that is more than the one before
// has. Of several that fold at a time one publishes; the others begin again with what it left.
func (s *Service) foldMembers(ctx context.Context, day calendar.Date) error {
	for {
		item, there, err := s.Table.Get(ctx, s.membersKey())
		if err != nil {
			return err
		}
		done, p, err := s.foldOn(ctx, item.Body, day)
		if err != nil || done == nil {
			return err
		}
		if item.Body, err = json.Marshal(p); err != nil {
			return err
		}
		if err := s.Objects.Sync(ctx); err != nil {
			return full(err)
		}
		item.Key = s.membersKey()
		when := table.IfVersion
		if !there {
			when = table.IfAbsent
		}
		err = s.Table.Put(ctx, item, when)
		if err == nil {
			return done(ctx)
		}
		if !errors.Is(err, table.ErrCondition) {
			return full(err)
		}
	}
}

// foldOn writes the snapshot that follows the published one, which pinned names; done is nil if nothing
// changed.
func (s *Service) foldOn(
	ctx context.Context, pinned []byte, day calendar.Date,
) (done func(context.Context) error, p Pinned, err error) {
	var before io.Reader
	if len(pinned) > 0 {
		if err := json.Unmarshal(pinned, &p); err != nil {
			return nil, p, damagedItem("the snapshot of the members", err)
		}
		r, err := s.readPart(ctx, p.Key)
		if err != nil {
			return nil, p, err
		}
		defer func() { _ = r.Close() }() // it was only read
		before = r
	}
	var file bytes.Buffer
	done, err = s.Registry.Fold(ctx, before, &file)
	if err != nil || done == nil {
		return nil, p, err
	}
	p, err = s.keepMembers(ctx, file.Bytes(), day)
	return done, p, err
}

func (s *Service) readMembers(ctx context.Context, p Pinned) (*member.Snapshot, error) {
	if p.Key == "" {
		return &member.Snapshot{}, nil
	}
	r, err := s.readPart(ctx, p.Key)
	if err != nil {
		return nil, err
	}
	defer func() { _ = r.Close() }() // it was only read
	b, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	return member.Load(bytes.NewReader(b))
}
