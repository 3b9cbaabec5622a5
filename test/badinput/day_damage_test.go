package badinput_test

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"multipoint/shared/day"
	"multipoint/shared/fault"
	"multipoint/shared/object"
	objects "multipoint/shared/object/memory"
	"multipoint/shared/standalone"
)

// damage are the ways in which an object is spoilt.
var damage = map[string]func(body []byte) []byte{
	"a bit":   func(b []byte) []byte { b[len(b)/2] ^= 4; return b },
	"cut":     func(b []byte) []byte { return b[:len(b)/2] },
	"empty":   func([]byte) []byte { return nil },
	"garbage": func(b []byte) []byte { return bytes.Repeat([]byte{0xa5}, len(b)) },
	"longer":  func(b []byte) []byte { return append(b, 0) },
	"missing": nil,
}

// spoil damages all objects below a prefix and gives what brings them back.
func (s *shop) spoil(prefix, way string) (restore func()) {
	s.t.Helper()
	ctx := s.t.Context()
	type kept struct {
		info object.Info
		body []byte
	}
	var all []kept
	err := object.All(ctx, s.objects, prefix, func(i object.Info) error {
		info, err := s.objects.Stat(ctx, i.Key)
		if err != nil {
			return err
		}
		body, err := object.ReadAll(ctx, s.objects, i.Key, 1<<20)
		all = append(all, kept{info, body})
		return err
	})
	if err != nil || len(all) == 0 {
		s.t.Fatalf("nothing at %s: %v", prefix, err)
	}
	put := func(k kept, body []byte) {
		if err := s.objects.Put(ctx, k.info.Key, bytes.NewReader(body), k.info.Metadata); err != nil {
			s.t.Fatal(err)
		}
	}
	for _, k := range all {
		if change := damage[way]; change != nil {
			put(k, change(bytes.Clone(k.body)))
		} else if err := s.objects.Delete(ctx, k.info.Key); err != nil {
			s.t.Fatal(err)
		}
	}
	return func() {
		for _, k := range all {
			put(k, k.body)
		}
	}
}

func wantDamage(t *testing.T, err error, way string) {
	t.Helper()
	want := fault.PartDamaged
	if damage[way] == nil {
		want = fault.PartMissing
	}
	wantCode(t, err, want)
}

// TestDamagedPart: a step that reads what was changed on disk stops the run before its commit. Once it is
// restored, resume comes to the undisturbed day; else the run is voided and the next one takes the file.
func TestDamagedPart(t *testing.T) {
	calm := newShop(t)
	calm.take(arriving("1", "one-a", "21T10:00:00", receipts(1, 5)))
	want := calm.run(runDate()).Digest
	for step, prefix := range map[string]string{
		"convert": "held/R/2026-11-22/1/", "check": "runs/R/00000001/a1/convert/",
		"rate":  "runs/R/00000001/a1/check/",
		"files": "runs/R/00000001/a1/grant/", "settle": "runs/R/00000001/a1/files/",
	} {
		for way := range damage {
			t.Run(prefix+" "+way, func(t *testing.T) {
				s := newShop(t)
				s.take(arriving("1", "one-a", "21T10:00:00", receipts(1, 5)))
				restore := s.stopped(step, prefix, way)
				restore()
				run, err := s.runner(nil).Resume(t.Context(), 1)
				if err != nil {
					t.Fatal(err)
				}
				if got := s.manifest(run.Run).Digest; got != want {
					t.Errorf("digest %s, undisturbed %s", got, want)
				}
				s.wantPoints(50)
			})
		}
	}
	t.Run("void", func(t *testing.T) {
		s := newShop(t)
		s.take(arriving("1", "one-a", "21T10:00:00", receipts(1, 5)))
		s.stopped("rate", "runs/R/00000001/a1/convert/", "garbage")
		if err := s.service.Void(t.Context(), 1, "the part cannot be restored"); err != nil {
			t.Fatal(err)
		}
		s.wantFiles(s.run(runDate()), "one-a")
		s.wantPoints(50)
	})
}

// stopped runs the day until a step whose input is spoilt, and checks that it stopped there.
func (s *shop) stopped(step, prefix, way string) (restore func()) {
	s.t.Helper()
	tasks := s.service.Tasks()
	task := tasks[step]
	tasks[step] = func(ctx context.Context, input json.RawMessage) (json.RawMessage, error) {
		if restore == nil {
			restore = s.spoil(prefix, way)
		}
		return task(ctx, input)
	}
	r, err := standalone.NewRunner(s.service, standalone.RunnerOptions{Tasks: tasks, Concurrency: 1})
	if err != nil {
		s.t.Fatal(err)
	}
	_, err = r.RunDay(s.t.Context(), runDate())
	wantDamage(s.t, err, way)
	run, err := s.service.Run(s.t.Context(), 1)
	if restore == nil {
		s.t.Fatalf("step %s was not reached", step)
	}
	if err != nil || !strings.Contains(run.Reason, "MP-401") {
		s.t.Errorf("the run's record does not say why it stopped: %+v %v", run, err)
	}
	if err != nil || run.State != day.Stopped || run.Digest != "" || run.Reason == "" {
		s.t.Fatalf("the run did not stop before its commit: %+v %v", run, err)
	}
	return restore
}

// TestDamagedManifest: whoever reads it says so, and verify says where.
func TestDamagedManifest(t *testing.T) {
	for way := range damage {
		t.Run(way, func(t *testing.T) {
			s := newShop(t)
			s.take(arriving("1", "one-a", "21T10:00:00", receipts(1, 5)))
			s.run(runDate())
			restore := s.spoil("runs/R/00000001/manifest.json", way)
			_, err := s.service.Manifest(t.Context(), 1)
			wantDamage(t, err, way)
			v, err := s.service.Verify(t.Context(), 1, objects.New(objects.Options{}))
			if err != nil || v.Verdict != day.Different || v.Where != "runs/R/00000001/manifest.json" {
				t.Errorf("%+v %v", v, err)
			}
			restore()
			s.run(runDate().Add(1)) // the chain goes on
			s.wantPoints(50)
		})
	}
}

// TestDamagedPins: a run whose pins are spoilt does not go on; voided, it gives its files back.
func TestDamagedPins(t *testing.T) {
	for way := range damage {
		t.Run(way, func(t *testing.T) {
			s := newShop(t)
			s.take(arriving("1", "one-a", "21T10:00:00", receipts(1, 5)))
			run, err := s.service.OpenDay(t.Context(), runDate())
			if err != nil {
				t.Fatal(err)
			}
			s.spoil("runs/R/00000001/pins.json", way)
			wantDamage(t, s.runner(nil).Drive(t.Context(), run), way)
			if err := s.service.Void(t.Context(), 1, "the pins are damaged"); err != nil {
				t.Fatal(err)
			}
			s.wantFiles(s.run(runDate()), "one-a")
		})
	}
}

// TestDamagedTable spoils the files of a real data folder: it does not open, or whoever reads it gets an
// error, or what was read is right; nothing panics.
func TestDamagedTable(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	open := func() (*standalone.Program, error) {
		return standalone.Open(t.Context(), standalone.Options{
			Dir: dir, Demo: true, Retailer: "R", DemoStart: standalone.OpensAt(runDate()),
		})
	}
	p, err := open()
	if err != nil {
		t.Fatal(err)
	}
	s := &shop{t: t, service: p.Service}
	if err := s.publish(); err != nil {
		t.Fatal(err)
	}
	s.take(arriving("1", "one-a", "21T10:00:00", receipts(1, 5)))
	run, err := p.RunDay(t.Context(), runDate())
	if err != nil {
		t.Fatal(err)
	}
	digest := s.manifest(run.Run).Digest
	if _, err := open(); fault.CodeOf(err) != fault.StoreInUse {
		t.Errorf("opened twice: %v", err)
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	items := filepath.Join(dir, "table")
	healthy := t.TempDir()
	if err := os.CopyFS(healthy, os.DirFS(items)); err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir(healthy)
	if err != nil {
		t.Fatal(err)
	}
	refused := 0
	for _, f := range files {
		for _, way := range []string{"cut", "garbage", "missing"} {
			if err := os.RemoveAll(items); err != nil {
				t.Fatal(err)
			}
			if err := os.CopyFS(items, os.DirFS(healthy)); err != nil {
				t.Fatal(err)
			}
			spoilFile(t, filepath.Join(items, f.Name()), way)
			p, err := open()
			if err != nil {
				// Files that are missing or cut the store calls by other names than damage.
				if fault.CodeOf(err) == fault.StoreDamaged {
					refused++
				} else if !strings.Contains(err.Error(), items) {
					t.Errorf("%s %s: %v", f.Name(), way, err)
				}
				continue
			}
			r, err := p.Service.Run(t.Context(), 1)
			if err == nil && r.Digest != digest || err != nil && fault.CodeOf(err) == fault.RunUnknown &&
				strings.HasSuffix(f.Name(), ".sst") {
				t.Errorf("%s %s: %+v %v", f.Name(), way, r, err)
			}
			_ = p.Close() // it may fail: the folder is damaged
		}
	}
	if refused == 0 {
		t.Error("no damage was noticed")
	}
}

func spoilFile(t *testing.T, path, way string) {
	t.Helper()
	body, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	change := damage[way]
	if change == nil {
		err = os.Remove(path)
	} else {
		err = os.WriteFile(path, change(body), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}
