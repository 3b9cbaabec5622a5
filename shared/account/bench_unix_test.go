//go:build unix

package account_test

import (
	"syscall"
	"testing"
	"time"

	"multipoint/shared/account"
	"multipoint/shared/table/pebble"
)

// cpu is the processor's time of this process so far.
func cpu(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkLogin is a right password at the parameters of an installation, with the table on a disk; it
// reports which share of the processor's time argon2id has, measured by itself in the same run (issue 6:
// at least 85 %).
func BenchmarkLogin(b *testing.B) {
	opened, err := pebble.Open(b.TempDir(), pebble.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := opened.Close(); err != nil {
			b.Error(err)
		}
	})
	w := newWorld(b, opened, account.PasswordOptions{})
	of := w.add(b, members, "M1", name("mail"))
	attempt := by(members, "mail", secret)
	stored := w.load(b, of).Password
	var logins, alone time.Duration
	for b.Loop() {
		start := cpu(b)
		w.enter(b, attempt)
		between := cpu(b)
		if right, _, err := w.passwords.Verify(b.Context(), stored, secret); !right || err != nil {
			b.Fatal(right, err)
		}
		logins += between - start
		alone += cpu(b) - between
	}
	b.ReportMetric(100*alone.Seconds()/logins.Seconds(), "%argon2id")
	b.ReportMetric(logins.Seconds()*1000/float64(b.N), "ms-cpu/login")
}
