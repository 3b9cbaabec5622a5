package mailbox

import (
	"net/mail"
	"regexp"
	"strings"
	"testing"
)

func TestKindsOfAddresses(t *testing.T) {
	for address, want := range map[string]Kind{
		"hanako@example.jp":                     Plain,
		"a.b+c_d@mail.shop.example":             Plain,
		"A@B.Example":                           Plain,
		"hanako@docomo.ne.jp":                   Plain,
		"a..b@docomo.ne.jp":                     Carrier,
		"abc.@ezweb.ne.jp":                      Carrier,
		"abc.@EZweb.ne.jp":                      Carrier,
		"a...b.@t.vodafone.ne.jp":               Carrier,
		"a.-b..@i.softbank.jp":                  Carrier,
		"a..b@example.jp":                       None,
		"abc.@gmail.example":                    None,
		"a..b@x.docomo.ne.jp":                   None,
		"a..b@xdocomo.ne.jp":                    None,
		".abc@docomo.ne.jp":                     None,
		"..@docomo.ne.jp":                       None,
		"@docomo.ne.jp":                         None,
		`"a..b"@docomo.ne.jp`:                   None,
		"a..b c@docomo.ne.jp":                   None,
		"a..b@docomo.ne.jp\n":                   None,
		"a@b@docomo.ne.jp":                      None,
		"a..@b@docomo.ne.jp":                    None,
		"a..\"b@docomo.ne.jp":                   None,
		"a..\\b@docomo.ne.jp":                   None,
		"":                                      None,
		"@":                                     None,
		"hanako":                                None,
		"hanako@localhost":                      None,
		"はなこ@example.jp":                        None,
		"a@-b.example":                          None,
		"Ann <a@b.example>":                     None,
		"a@b.example\r\nBcc: c@d.example":       None,
		strings.Repeat("a", 64) + "@example.jp": Plain,
		strings.Repeat("a", 65) + "@example.jp": None,
		strings.Repeat("a", 62) + "..@au.com":   Carrier,
		strings.Repeat("a", 63) + "..@au.com":   None,
		"a@" + strings.Repeat("abcdefghi.", 24) + "example.jp": Plain,
		"a@" + strings.Repeat("abcdefghi.", 25) + "example.jp": None,
	} {
		if got := KindOf(address); got != want {
			t.Errorf("%q is of kind %d, want %d", address, got, want)
		}
	}
}

func TestThePatternIsThePlainForm(t *testing.T) {
	pattern := regexp.MustCompile(Pattern)
	for _, address := range []string{
		"a@b.example", "a..b@docomo.ne.jp", "a.@b.example", "a@b", "@b.example",
	} {
		if got, want := pattern.MatchString(address), KindOf(address) == Plain; got != want {
			t.Errorf("%q: the pattern says %v", address, got)
		}
	}
}

func TestCarriersAddressesAreQuotedOnTheWire(t *testing.T) {
	for address, want := range map[string]string{
		"hanako@example.jp": "hanako@example.jp",
		"hanako@au.com":     "hanako@au.com",
		"a..b@docomo.ne.jp": `"a..b"@docomo.ne.jp`,
		"abc.@ezweb.ne.jp":  `"abc."@ezweb.ne.jp`,
	} {
		wire := Wire(address)
		if wire != want {
			t.Errorf("%s goes out as %s, want %s", address, wire, want)
		}
		if read, err := mail.ParseAddress(wire); err != nil || read.Address != address {
			t.Errorf("%s is read back as %v: %v", wire, read, err)
		}
	}
}

func TestAddressesAreStoredAsTypedAndFoundInAnyCase(t *testing.T) {
	if got := Stored("Hanako..X.@EZWEB.ne.JP"); got != "Hanako..X.@ezweb.ne.jp" {
		t.Errorf("stored as %s", got)
	}
	if Key("Hanako@Example.jp") != Key("hanako@example.JP") {
		t.Error("case tells two addresses apart")
	}
	if Local("a.b@c.example") != "a.b" || Local("abc") != "" || Stored("abc") != "abc" {
		t.Error("what stands before the @ is wrong")
	}
}

func FuzzWire(f *testing.F) {
	for _, seed := range []string{"a@b.example", "a..b@docomo.ne.jp", "a.@au.com", "\"@au.com", "..@au.com"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, address string) {
		kind := KindOf(address)
		if kind == None {
			return
		}
		read, err := mail.ParseAddress(Wire(address))
		if err != nil || read.Address != address || read.Name != "" {
			t.Fatalf("%q goes out as %q, read as %v: %v", address, Wire(address), read, err)
		}
		if KindOf(Stored(address)) != kind || Stored(Stored(address)) != Stored(address) {
			t.Fatalf("%q is stored as another kind of address", address)
		}
	})
}
