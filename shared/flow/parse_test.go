package flow_test

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"multipoint/shared/flow"
)

// only is a machine of the one state S.
func only(state string) string { return `{"StartAt":"S","States":{"S":` + state + `}}` }

// beside is a machine of the state S with the given fields and the last state E.
func beside(fields string) string {
	return `{"StartAt":"S","States":{"S":{` + fields + `,"Next":"E"},"E":{"Type":"Succeed"}}}`
}

// choose is a Choice with that one rule.
func choose(rule string) string {
	return `{"StartAt":"S","States":{"S":{"Type":"Choice","Choices":[` + rule + `]},"E":{"Type":"Succeed"}}}`
}

// mapped is a Map with those fields over a Pass.
func mapped(mode, fields string) string {
	return only(`{"Type":"Map","End":true,"ItemProcessor":{` + mode +
		`"StartAt":"I","States":{"I":{"Type":"Pass","End":true}}}` + fields + `}`)
}

const distributed = `"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},`

func TestParseReadsEveryKindOfState(t *testing.T) {
	definition, err := os.ReadFile("testdata/everything.asl.json")
	if err != nil {
		t.Fatal(err)
	}
	m, err := flow.Parse(definition)
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"convert", "deliver", "open", "settle"}; !slices.Equal(m.Functions, want) {
		t.Errorf("functions %q, want %q", m.Functions, want)
	}
	kinds := map[flow.Kind]bool{}
	for name, s := range m.States {
		kinds[s.Kind] = true
		if s.Name != name {
			t.Errorf("state %q calls itself %q", name, s.Name)
		}
	}
	if len(kinds) != 8 {
		t.Errorf("the sample has only %v", kinds)
	}
	convert := m.States["Convert"].Map
	if !convert.Distributed || convert.Concurrency != 20 || convert.Label != "convert" ||
		convert.Reader.MaxItems != 5000 || !convert.Exceeded(2, 100) || convert.Exceeded(1, 100) {
		t.Errorf("the distributed Map was read as %+v", convert)
	}
}

func TestParseRefuses(t *testing.T) {
	for _, c := range refusals {
		t.Run(c.name, func(t *testing.T) {
			_, err := flow.Parse([]byte(c.definition))
			var refused *flow.DefinitionError
			if !errors.As(err, &refused) {
				t.Fatalf("error %v of type %T", err, err)
			}
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("refused with %q, want %q", err, c.want)
			}
		})
	}
}

func TestParseTakesEveryFormOfAFunction(t *testing.T) {
	cases := map[string]string{
		`${convert}`: "convert",
		`arn:aws:lambda:ap-northeast-1:000000000000:function:convert`:              "convert",
		`arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:a`: "a",
		`arn:aws:lambda:ap-northeast-1:000000000000:function:${rate}`:              "rate",
	}
	for resource, want := range cases {
		for _, form := range []string{
			`"Type":"Task","Resource":%q`,
			`"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Parameters":{"FunctionName":%q}`,
		} {
			m, err := flow.Parse([]byte(beside(fmt.Sprintf(form, resource))))
			if err != nil || !slices.Equal(m.Functions, []string{want}) {
				t.Errorf("%s: %v, %v", resource, m, err)
			}
		}
	}
}

func FuzzParse(f *testing.F) {
	definition, err := os.ReadFile("testdata/everything.asl.json")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(definition)
	f.Add([]byte(choose(`{"And":[{"Variable":"$.a","IsNull":true}],"Next":"E"}`)))
	f.Add([]byte(beside(`"Type":"Pass",
		"Parameters":{"a.$":"States.Format('\\{{}', States.MathAdd(1, $.b))"}`)))
	f.Fuzz(func(t *testing.T, definition []byte) {
		m, err := flow.Parse(definition)
		if (m == nil) != (err != nil) {
			t.Fatalf("%v and %v", m, err)
		}
		if err == nil && m.States[m.StartAt] == nil {
			t.Fatal("accepted without its first state")
		}
	})
}
