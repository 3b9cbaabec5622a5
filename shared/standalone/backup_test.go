package standalone_test

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"multipoint/events"
	"multipoint/shared/day"
	"multipoint/shared/fault"
	"multipoint/shared/keys"
	"multipoint/shared/object"
	"multipoint/shared/standalone"
)

// open opens a folder of the demo until the end of the test, or close.
func open(t *testing.T, dir string) (p *standalone.Program, closing func()) {
	t.Helper()
	p, err := standalone.Open(t.Context(), standalone.Options{
		Dir: dir, Demo: true, Retailer: "AOZORA", DemoStart: time.Date(2026, 11, 21, 21, 2, 0, 0, time.UTC),
	})
	if err != nil {
		t.Fatal(err)
	}
	return p, func() {
		t.Helper()
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	}
}

func backup(t *testing.T, p *standalone.Program, o standalone.BackupOptions) *standalone.Generation {
	t.Helper()
	g, _, err := p.Backup(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// verify computes all runs of a folder again, and gives the digest of the last.
func verify(t *testing.T, p *standalone.Program) (digest string) {
	t.Helper()
	err := p.Service.Runs(t.Context(), func(r *day.Run) error {
		s, err := standalone.NewScratch("")
		if err != nil {
			return err
		}
		v, err := p.Service.Verify(t.Context(), r.Run, s)
		if err == nil && v.Verdict != day.Identical {
			t.Errorf("%+v", v)
		}
		digest = r.Digest
		if e := s.Close(); err == nil {
			err = e
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return digest
}

func TestRestoredBackupVerifies(t *testing.T) {
	dir, to := filepath.Join(t.TempDir(), "data"), filepath.Join(t.TempDir(), "backups")
	digest := demoDay(t, dir)
	p, closing := open(t, dir)
	first := backup(t, p, standalone.BackupOptions{To: to})
	second := backup(t, p, standalone.BackupOptions{To: to})
	full := backup(t, p, standalone.BackupOptions{To: to, Full: true})
	if first.Name != "20261122-060200" || second.Name != "20261122-060200-2" || len(first.Objects) < 20 {
		t.Errorf("%s %s %d", first.Name, second.Name, len(first.Objects))
	}
	if !slices.EqualFunc(first.Objects, full.Objects, func(a, b standalone.BackupObject) bool {
		return a.Key == b.Key && a.SHA256 == b.SHA256
	}) || first.Copied >= full.Copied {
		t.Errorf("linked %d, in full %d of %d bytes", first.Copied, full.Copied, full.Bytes)
	}
	inside := standalone.BackupOptions{To: filepath.Join(dir, "backups")}
	if _, _, err := p.Backup(t.Context(), inside); fault.CodeOf(err) != fault.UsageFlag {
		t.Errorf("inside the data folder: %v", err)
	}
	closing()

	restored := filepath.Join(t.TempDir(), "restored")
	for _, name := range []string{"", second.Name} {
		r := standalone.RestoreOptions{From: to, Dir: restored + name, Generation: name}
		if _, err := standalone.Restore(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		if _, err := standalone.Restore(t.Context(), r); fault.CodeOf(err) != fault.OutputExists {
			t.Errorf("over a folder that is there: %v", err)
		}
	}
	p, closing = open(t, restored)
	defer closing()
	if got := verify(t, p); got != digest {
		t.Errorf("restored digest %s, want %s", got, digest)
	}
}

// TestDamagedBackupIsRefused changes one byte of an object, takes a file away, changes the table.
func TestDamagedBackupIsRefused(t *testing.T) {
	dir, to := filepath.Join(t.TempDir(), "data"), filepath.Join(t.TempDir(), "backups")
	p, closing := open(t, dir)
	if _, err := p.Load(t.Context(), events.Files); err != nil {
		t.Fatal(err)
	}
	g := backup(t, p, standalone.BackupOptions{To: to, Full: true})
	closing()
	largest := slices.MaxFunc(g.Files, func(a, b standalone.BackupFile) int { return int(a.Size - b.Size) })
	for name, damage := range map[string]func(path string) error{
		"objects/" + g.Objects[3].Key: flip,
		"objects/" + g.Objects[0].Key: os.Remove,
		largest.Path:                  flip,
	} {
		path := filepath.Join(to, g.Name, filepath.FromSlash(name))
		before, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := damage(path); err != nil {
			t.Fatal(err)
		}
		restored := filepath.Join(t.TempDir(), "restored")
		_, err = standalone.Restore(t.Context(), standalone.RestoreOptions{From: to, Dir: restored})
		code := fault.CodeOf(err)
		if code != fault.PartDamaged && code != fault.PartMissing || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", name, err)
		}
		for _, left := range []string{restored, restored + ".tmp"} {
			if _, err := os.Stat(left); !os.IsNotExist(err) {
				t.Errorf("%s is left: %v", left, err)
			}
		}
		if err := os.WriteFile(path, before, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// flip changes one byte in the middle of a file.
func flip(path string) error {
	b, err := os.ReadFile(path)
	if err == nil {
		b[len(b)/2] ^= 1
		err = os.WriteFile(path, b, 0o600)
	}
	return err
}

// TestErasedNumbersStayErased restores from before an erasure: while it waits for its run, and after that.
func TestErasedNumbersStayErased(t *testing.T) {
	dir, to := filepath.Join(t.TempDir(), "data"), filepath.Join(t.TempDir(), "backups")
	demoDay(t, dir)
	p, closing := open(t, dir)
	first := backup(t, p, standalone.BackupOptions{To: to}).Name
	if err := p.Service.Erase(t.Context(), "HOSHI", []byte("9990001180003544")); err != nil {
		t.Fatal(err)
	}
	for _, when := range []string{"waits", "was obeyed"} {
		backup(t, p, standalone.BackupOptions{To: to})
		closing()
		restored := filepath.Join(t.TempDir(), "restored")
		o := standalone.RestoreOptions{From: to, Generation: first, Dir: restored}
		if _, err := standalone.Restore(t.Context(), o); err != nil {
			t.Fatal(err)
		}
		p, closing = open(t, restored)
		run, err := p.Service.OpenDay(t.Context(), standalone.Next(p.Clock.Now()))
		if err != nil {
			t.Fatal(err)
		}
		key := "runs/AOZORA/0000000" + strconv.FormatInt(run.Run, 10) + "/pins.json"
		pins, err := object.ReadAll(t.Context(), p.Service.Objects, key, 1<<20)
		if err != nil || !strings.Contains(string(pins), `"erased"`) {
			t.Errorf("the erasure that %s is gone: %v\n%.300s", when, err, pins)
		}
		closing()
		p, closing = open(t, dir)
		if when == "waits" {
			if _, err := p.RunDay(t.Context(), standalone.Next(p.Clock.Now())); err != nil {
				t.Fatal(err)
			}
		}
	}
	closing()
}

// TestOldGenerationsAndDestroyedKeysGo: generations older than asked for are removed; a key that was
// destroyed is gone from all copies 30 days later, and no restore brings it back before.
func TestOldGenerationsAndDestroyedKeysGo(t *testing.T) {
	dir, to := filepath.Join(t.TempDir(), "data"), filepath.Join(t.TempDir(), "backups")
	p, closing := open(t, dir)
	const path = "keys/AOZORA/days/2026-05-01"
	if _, err := keys.LoadOrCreate(t.Context(), p.Service.Keys, p.Service.Objects, path); err != nil {
		t.Fatal(err)
	}
	start := p.Clock.Now()
	oldest := backup(t, p, standalone.BackupOptions{To: to}).Name
	if err := keys.Destroy(t.Context(), p.Service.Objects, path); err != nil {
		t.Fatal(err)
	}
	backup(t, p, standalone.BackupOptions{To: to})
	copied := filepath.Join(to, oldest, "objects", filepath.FromSlash(path))
	if info, err := os.Stat(copied); err != nil || info.Size() < 20 {
		t.Errorf("the key's copy went at once: %v %v", info, err)
	}
	restored := filepath.Join(t.TempDir(), "restored")
	o := standalone.RestoreOptions{From: to, Generation: oldest, Dir: restored}
	closing()
	if _, err := standalone.Restore(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	p, closing = open(t, restored)
	mark, err := object.ReadAll(t.Context(), p.Service.Objects, path, 100)
	if err != nil || string(mark) != "destroyed\n" {
		t.Errorf("the restored key: %q %v", mark, err)
	}
	closing()

	p, closing = open(t, dir)
	defer closing()
	// Objects carry the machine's time; the demo's clock is set behind both.
	later := time.Now().AddDate(0, 0, 40)
	if later.Before(start) {
		later = start.AddDate(0, 0, 40)
	}
	if err := p.Clock.Set(later); err != nil {
		t.Fatal(err)
	}
	backup(t, p, standalone.BackupOptions{To: to, Keep: 100_000})
	if text, err := os.ReadFile(copied); err != nil || string(text) != "destroyed\n" {
		t.Errorf("the key's copy after 30 days: %q %v", text, err)
	}
	_, removed, err := p.Backup(t.Context(), standalone.BackupOptions{To: to, Keep: 1})
	if err != nil || len(removed) != 2 || removed[0] != oldest {
		t.Errorf("removed %v, %v", removed, err)
	}
	if names, err := standalone.Generations(to); err != nil || len(names) != 2 {
		t.Errorf("left %v, %v", names, err)
	}
}
