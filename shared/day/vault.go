package day

import (
	"bytes"
	"context"
	"errors"
	"io"

	"multipoint/shared/card"
	"multipoint/shared/fault"
	"multipoint/shared/rating"
	"multipoint/shared/seal"
	"multipoint/shared/spool"
)

// vault writes the numbers behind all card references that have points: those of the run before and the
// run's own, sorted, in 256 sections by the first byte of the reference.
func (p *poster) vault(ctx context.Context) (err error) {
	numbers := spool.NewSorter(spool.Options{
		Dir: p.w.Options.TempDir, Memory: int(p.w.memory()), KeyLen: len(card.Ref{}),
	})
	defer func() { err = errors.Join(err, numbers.Close()) }()
	parts, err := p.w.openGrants(ctx)
	if err != nil {
		return err
	}
	for _, part := range parts {
		r, err := sections(ctx, part.Sections, part.buckets+grantNumbers, part.buckets+grantNumbers+1)
		if err != nil {
			return err
		}
		if err := readFramesAll(r, numbers.Add); err != nil {
			return err
		}
	}
	it, err := numbers.Sort()
	if err != nil {
		return err
	}
	v := &vaultWriter{fresh: it, erased: p.w.pins.erased()}
	defer v.close()
	if p.w.pins.Vault != 0 {
		old, err := p.w.readPart(ctx, p.w.vaultPath(p.w.pins.Vault))
		if err != nil {
			return err
		}
		v.old = newFrames(old)
	}
	_, err = p.w.create(ctx, p.w.vaultPath(p.m.Run), p.m.RunDate, rating.Buckets, v.write)
	return err
}

// vaultWriter merges the vault before with new numbers; what both have is written once.
type vaultWriter struct {
	old     *frames // nil = there was none
	fresh   *spool.Iterator
	erased  map[card.Ref]bool
	section int
	last    card.Ref
	any     bool
	out     io.Writer
}

func (v *vaultWriter) write(w *seal.SectionWriter) error {
	next := func() ([]byte, error) { return v.fresh.Next() }
	a, errA := next()
	b, errB := v.nextOld()
	v.section = -1
	for {
		switch {
		case errA != nil && !errors.Is(errA, io.EOF):
			return errA
		case errB != nil && !errors.Is(errB, io.EOF):
			return errB
		case errA != nil && errB != nil:
			return nil //nolint:nilerr // both are io.EOF
		case errB != nil || errA == nil && bytes.Compare(a[:len(v.last)], b[:len(v.last)]) <= 0:
			if err := v.put(w, a); err != nil {
				return err
			}
			a, errA = next()
		default:
			if err := v.put(w, b); err != nil {
				return err
			}
			b, errB = v.nextOld()
		}
	}
}

func (v *vaultWriter) nextOld() ([]byte, error) {
	if v.old == nil {
		return nil, io.EOF
	}
	record, err := v.old.next()
	if err == nil && len(record) < len(v.last) {
		err = fault.New(fault.PartDamaged, "")
	}
	return record, err
}

func (v *vaultWriter) put(w *seal.SectionWriter, record []byte) error {
	ref := card.Ref(record[:len(v.last)])
	if v.any && ref == v.last || v.erased[ref] {
		return nil
	}
	v.any, v.last = true, ref
	if int(ref[0]) != v.section {
		v.section = int(ref[0])
		v.out = w.Section(v.section)
	}
	return writeFrame(v.out, record)
}

func (v *vaultWriter) close() {
	if v.old != nil {
		_ = v.old.close.Close() // it was only read
	}
}
