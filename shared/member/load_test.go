package member

import (
	"errors"
	"strings"
	"testing"
	"testing/iotest"

	"multipoint/shared/fault"
)

func TestASnapshotIsReadFromCSVInAnyOrderOfColumns(t *testing.T) {
	const rows = "\"M1\",500001,AOBA,0011,0012\nM1,500001,AOBA,0012,\n"
	for name, text := range map[string]string{
		"plain":        titles + rows,
		"CRLF and BOM": "\xEF\xBB\xBF" + strings.ReplaceAll(titles+rows, "\n", "\r\n"),
		"other order": "card,provider,note,\"member\",replaced_by,number\n" +
			"0011,AOBA,x,M1,0012,500001\n0012,AOBA,,M1,,500001\n",
		"quoted": `"member","number","provider","card","replaced_by"` + "\n" + rows,
		"YAML": `# members
- member: M1
  number: "500001"
  provider: AOBA
  card: "0011"
  replaced_by: "0012"
- {member: M1, number: 500001, provider: AOBA, card: 0012}
`,
	} {
		s, err := Load(strings.NewReader(text))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		wantCard(t, s, "500001", "AOBA", "0012", 0)
		if got := s.Newest("AOBA", []byte("0011")); string(got) != "0012" {
			t.Errorf("%s: 0011 leaves under %q", name, got)
		}
	}
}

func TestASnapshotThatCannotBeTrustedIsRefused(t *testing.T) {
	const schema, digits, twice = fault.MasterSchema, fault.CardNotDigits, fault.MasterDuplicate
	for name, c := range map[string]struct {
		rows  string
		want  fault.Code
		place string
	}{
		"no member key":        {",500001,AOBA,11,", schema, `2 field member`},
		"card without owner":   {"M1,500001,,11,", schema, `2 field provider`},
		"provider alone":       {"M1,500001,AOBA,,", schema, `2 field card`},
		"replacement alone":    {"M1,500001,,,12", schema, `2 field card`},
		"card with hyphens":    {"M1,500001,AOBA,11-12,", digits, `2 field card`},
		"card too long":        {"M1,500001,AOBA," + strings.Repeat("1", 33) + ",", digits, `2 field card`},
		"replacement in words": {"M1,500001,AOBA,11,none", digits, `2 field replaced_by`},
		"long member key":      {strings.Repeat("M", 65) + ",5,AOBA,11,", schema, `2 field member`},
		"long number":          {"M1," + strings.Repeat("5", 65) + ",AOBA,11,", schema, `2 field number`},
		"card of two members":  {"M1,1,AOBA,11,\nM2,2,AOBA,11,", twice, `3 field card`},
		"card twice":           {"M1,1,AOBA,11,\nM1,1,AOBA,11,", twice, `3 field card`},
		"number of two":        {"M1,1,AOBA,11,\nM2,1,AOBA,12,", twice, `3 field number`},
		"columns":              {"M1,500001,AOBA,11", fault.RecordColumns, `2`},
		"open quote":           {`M1,"500001,AOBA,11,`, fault.FileQuote, `2`},
		"bare quote":           {`M1,50"0001,AOBA,11,`, fault.FileQuote, `2`},
	} {
		_, err := Load(strings.NewReader(titles + c.rows + "\n"))
		if fault.CodeOf(err) != c.want || !strings.Contains(err.Error(), " at line "+c.place+": ") {
			t.Errorf("%s: %v, want %v at %s", name, err, c.want, c.place)
		}
	}
	for text, want := range map[string]fault.Code{
		"member,number,provider,card\n":       fault.MasterSchema,
		"- member: M1\n  cardnumber: \"1\"\n": fault.MasterSyntax,
		"- member: [":                         fault.MasterSyntax,
		"hello":                               fault.MasterSyntax,
		"- {number: \"1\"}":                   fault.MasterSchema,
		"- {member: M1, provider: AOBA, card: 9.99912E+15}": fault.CardNotDigits,
	} {
		if _, err := Load(strings.NewReader(text)); fault.CodeOf(err) != want {
			t.Errorf("%q: %v, want %v", text, err, want)
		}
	}
}

func TestAReadErrorIsReported(t *testing.T) {
	broken := errors.New("disk")
	_, err := Load(iotest.ErrReader(broken))
	if fault.CodeOf(err) != fault.ReadFailed || !errors.Is(err, broken) {
		t.Errorf("at once: %v", err)
	}
	_, err = Load(&many{n: 1000})
	if fault.CodeOf(err) != fault.ReadFailed {
		t.Errorf("after 1000 rows: %v", err)
	}
}

func TestTwoProvidersMayIssueTheSameNumber(t *testing.T) {
	s := load(t, "M1,1,AOBA,11,", "M2,2,MIDORI,11,")
	a, _ := s.MemberOf("AOBA", []byte("11"))
	b, _ := s.MemberOf("MIDORI", []byte("11"))
	if string(s.Key(a)) != "M1" || string(s.Key(b)) != "M2" {
		t.Errorf("AOBA 11 belongs to %q, MIDORI 11 to %q", s.Key(a), s.Key(b))
	}
}

func TestAMemberMayHaveTwoNumbers(t *testing.T) {
	s := load(t, "M1,1,AOBA,11,", "M1,2,AOBA,12,", "M1,,AOBA,13,")
	wantCard(t, s, "1", "AOBA", "13", 0)
	wantCard(t, s, "2", "AOBA", "13", 0)
}

func FuzzLoad(f *testing.F) {
	f.Add([]byte(titles + "M1,500001,AOBA,11,12\nM1,500001,AOBA,12,11\n"))
	f.Add([]byte("- {member: M1, number: 1, provider: AOBA, card: 12}\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := Load(strings.NewReader(string(text)))
		if err != nil {
			if fault.CodeOf(err) == 0 {
				t.Fatalf("an error without a code: %v", err)
			}
			return
		}
		for ref := range int32(s.Len()) {
			for provider, card := range s.CardsOf(ref) {
				if owner, ok := s.MemberOf(provider, card); !ok || owner != ref {
					t.Fatalf("%s %s of %d belongs to %d", provider, card, ref, owner)
				}
				s.Newest(provider, card)
			}
		}
	})
}
