package account_test

import (
	"errors"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"multipoint/shared/account"
	"multipoint/shared/fault"
	"multipoint/shared/table/memory"

	"github.com/pquerna/otp/totp"
)

// codeAt gives what the app shows at a time.
func codeAt(t testing.TB, secret string, at time.Time) string {
	t.Helper()
	code, err := totp.GenerateCode(secret, at)
	if err != nil {
		t.Fatal(err)
	}
	return code
}

// staffWithCodes makes an account of HQ that needs one-time codes.
func staffWithCodes(t testing.TB, w *world) (account.Attempt, string, []string) {
	t.Helper()
	w.allow(t, hq)
	of := w.add(t, hq, "S1", name("staff"))
	key, address, err := w.NewCodes("Fictive", "S1")
	if err != nil {
		t.Fatal(err)
	}
	if u, err := url.Parse(address); err != nil || u.Scheme != "otpauth" || u.Query().Get("secret") != key {
		t.Fatalf("%s: %v", address, err)
	}
	a := w.load(t, of)
	_, err = w.SetCodes(t.Context(), &a, key, "000000")
	wantCode(t, "a code of another secret", err, fault.CodeWrong)
	recovery, err := w.SetCodes(t.Context(), &a, key, codeAt(t, key, w.clock()))
	if err != nil {
		t.Fatal(err)
	}
	save, err := w.Save(a)
	w.commit(t, err, save)
	return by(hq, "staff", secret), key, recovery
}

func TestCodeIsDueAfterThePassword(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		attempt, key, _ := staffWithCodes(t, w)
		used := codeAt(t, key, w.clock())
		waiting := w.enter(t, attempt)
		if !waiting.CodeDue {
			t.Fatal("no code is due")
		}
		_, err := w.Session(t.Context(), hq, waiting.Token, home)
		wantCode(t, "before the code", err, fault.SessionEnded)
		_, err = w.Code(t.Context(), hq, waiting.Token, used, home)
		wantCode(t, "the code that set it up", err, fault.CodeWrong)
		w.pass(30 * time.Second)
		code := codeAt(t, key, w.clock())
		_, err = w.Code(t.Context(), hq, waiting.Token, code, netip.MustParseAddr("192.0.2.99"))
		wantCode(t, "from elsewhere", err, fault.SourceRefused)
		entry, err := w.Code(t.Context(), hq, waiting.Token, code[:3]+" "+code[3:], home)
		if err != nil || entry.CodeDue || entry.Token == waiting.Token {
			t.Fatalf("%+v, %v", entry, err)
		}
		if _, err := w.Session(t.Context(), hq, entry.Token, home); err != nil {
			t.Error(err)
		}
		_, err = w.Code(t.Context(), hq, waiting.Token, codeAt(t, key, w.clock().Add(30*time.Second)), home)
		wantCode(t, "the session that waited", err, fault.SessionEnded)
		_, err = w.Code(t.Context(), hq, entry.Token, codeAt(t, key, w.clock().Add(30*time.Second)), home)
		wantCode(t, "a session that does not wait", err, fault.SessionEnded)

		waiting = w.enter(t, attempt)
		w.pass(account.CodeTime)
		_, err = w.Code(t.Context(), hq, waiting.Token, codeAt(t, key, w.clock()), home)
		wantCode(t, "too late", err, fault.SessionEnded)
	})
}

func TestCodeIsTakenOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		attempt, key, recovery := staffWithCodes(t, w)
		w.pass(time.Hour)
		typed := strings.ToLower(recovery[0][:8] + "-" + recovery[0][8:])
		for _, code := range []string{codeAt(t, key, w.clock()), typed} {
			first, second := w.enter(t, attempt), w.enter(t, attempt)
			var taken atomic.Int64
			var group sync.WaitGroup
			for _, token := range []account.Token{first.Token, second.Token} {
				group.Go(func() {
					_, err := w.Code(t.Context(), hq, token, code, home)
					if err == nil {
						taken.Add(1)
					} else {
						wantCode(t, "the other", err, fault.CodeWrong)
					}
				})
			}
			group.Wait()
			if taken.Load() != 1 {
				t.Errorf("a code of %d characters was taken %d times", len(code), taken.Load())
			}
			w.pass(account.LockTime)
		}
	})
}

func TestCodesOfTheNextAndLastStepAreTaken(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		attempt, key, _ := staffWithCodes(t, w)
		for _, c := range []struct {
			off  time.Duration
			want fault.Code
		}{
			{-time.Minute, fault.CodeWrong},
			{-30 * time.Second, 0},
			{0, 0},
			{30 * time.Second, 0},
			{time.Minute, fault.CodeWrong},
		} {
			w.pass(time.Hour)
			entry := w.enter(t, attempt)
			code := codeAt(t, key, w.clock().Add(c.off))
			_, err := w.Code(t.Context(), hq, entry.Token, code, home)
			wantCode(t, c.off.String(), err, c.want)
		}
	})
}

// TestCodeOfAnEarlierStep: what an app showed before the last code that was taken opens nothing.
func TestCodeOfAnEarlierStep(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		attempt, key, _ := staffWithCodes(t, w)
		w.pass(time.Hour)
		code := codeAt(t, key, w.clock())
		if _, err := w.Code(t.Context(), hq, w.enter(t, attempt).Token, code, home); err != nil {
			t.Fatal(err)
		}
		before := codeAt(t, key, w.clock().Add(-30*time.Second))
		_, err := w.Code(t.Context(), hq, w.enter(t, attempt).Token, before, home)
		wantCode(t, "earlier", err, fault.CodeWrong)
	})
}

// TestCodesAreNotGuessed: a right password in between does not forget the wrong codes.
func TestCodesAreNotGuessed(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		attempt, key, _ := staffWithCodes(t, w)
		w.pass(time.Hour)
		wrong := 0
		for {
			entry, err := w.Login(t.Context(), attempt)
			if err != nil {
				wantCode(t, "the password", err, fault.LoginLocked)
				break
			}
			_, err = w.Code(t.Context(), hq, entry.Token, "000000", home)
			if fault.CodeOf(err) == fault.LoginLocked {
				break
			}
			wantCode(t, "the code", err, fault.CodeWrong)
			if wrong++; wrong > account.Tries {
				t.Fatal("guessing goes on")
			}
		}
		w.pass(account.LockTime)
		entry := w.enter(t, attempt)
		for range account.Tries - 1 {
			_, err := w.Code(t.Context(), hq, entry.Token, "000000", home)
			wantCode(t, "the code", err, fault.CodeWrong)
		}
		_, err := w.Code(t.Context(), hq, entry.Token, codeAt(t, key, w.clock()), home)
		wantCode(t, "right, but locked", err, fault.LoginLocked)
	})
}

// TestRecoveryCodes: each takes the place of one code; afterwards there is one less.
func TestRecoveryCodes(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		attempt, _, recovery := staffWithCodes(t, w)
		for n, code := range recovery {
			entry, err := w.Code(t.Context(), hq, w.enter(t, attempt).Token, code, home)
			if err != nil {
				t.Fatal(err)
			}
			if left := len(entry.Session.Account.Codes.Recovery); left != len(recovery)-n-1 {
				t.Errorf("%d are left", left)
			}
		}
		_, err := w.Code(t.Context(), hq, w.enter(t, attempt).Token, recovery[0], home)
		wantCode(t, "used", err, fault.CodeWrong)
	})
}

// TestCodesOfTheStandard are vectors of RFC 6238, cut to six digits.
func TestCodesOfTheStandard(t *testing.T) {
	const key = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
	for second, code := range map[int64]string{
		59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037",
	} {
		w := newWorld(t, memory.New(nil), cheap())
		w.pass(time.Unix(second, 0).Sub(w.clock()))
		a := account.Account{Ref: account.Ref{Realm: hq, ID: "S1"}}
		if _, err := w.SetCodes(t.Context(), &a, key, code); err != nil {
			t.Errorf("%d s: %v", second, err)
		}
	}
}

// TestSecretsAreSealedForTheirAccount: the secret of one account opens nothing in another.
func TestSecretsAreSealedForTheirAccount(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		attempt, key, _ := staffWithCodes(t, w)
		of := w.add(t, hq, "S2", name("second"))
		first := w.load(t, account.Ref{Realm: hq, ID: "S1"})
		w.change(t, of, func(a *account.Account) { a.Codes = first.Codes })
		w.pass(time.Hour)
		attempt.Names = []account.Name{name("second")}
		_, err := w.Code(t.Context(), hq, w.enter(t, attempt).Token, codeAt(t, key, w.clock()), home)
		var coded *fault.Error
		if err == nil || errors.As(err, &coded) {
			t.Errorf("taken over: %v", err)
		}
	})
}
