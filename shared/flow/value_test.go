package flow_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"multipoint/shared/flow"
)

// evaluate fills the template {"v.$": expression} with the data.
func evaluate(t *testing.T, expression, data string) (string, error) {
	t.Helper()
	quoted, err := json.Marshal(expression)
	if err != nil {
		t.Fatal(err)
	}
	m, err := flow.Parse([]byte(only(`{"Type":"Pass","Parameters":{"v.$":` + string(quoted) + `},
		"End":true}`)))
	if err != nil {
		return "", err
	}
	value, err := flow.Decode([]byte(data))
	if err != nil {
		t.Fatal(err)
	}
	filled, err := m.States["S"].Input(flow.Scope{Data: value})
	if err != nil {
		return "", err
	}
	encoded, err := flow.Encode(filled)
	return strings.TrimSuffix(strings.TrimPrefix(string(encoded), `{"v":`), "}"), err
}

func TestExpressions(t *testing.T) {
	const data = `{"a":{"b":[10,{"c":null}],"a b":"x","n-1":true},"text":"{}-{}","n":9007199254740993,
		"f":1.50,
		"json":"{\"k\":[1]}","bad":"{","list":[1,2,3],"html":"<&>"}`
	cases := []struct{ expression, want string }{
		{`$.a.b[0]`, `10`},
		{`$.a.b[1].c`, `null`},
		{`$.a['a b']`, `"x"`},
		{`$['a']['n-1']`, `true`},
		{`$.a.n-1`, `true`},
		{`$.n`, `9007199254740993`},
		{`$.f`, `1.50`},
		{`$.html`, `"<&>"`},
		{`States.Format('n={}, {} {}', $.n, null, true)`, `refused`},
		{`States.Format('n={}, f={} {}', $.n, $.f, $.a.b[1].c)`, `"n=9007199254740993, f=1.50 null"`},
		{`States.Format($.text, 'x', 1)`, `"x-1"`},
		{`States.Format('it\'s \{\} \\ {}', 'ok')`, `"it's {} \\ ok"`},
		{`States.Format('plain')`, `"plain"`},
		{`States.Format('{}', States.Format('<{}>', 'in'))`, `"<in>"`},
		{`States.Array()`, `[]`},
		{`States.Array(1, 'b{}', null, $.list, States.Array( -2.5 ))`, `[1,"b{}",null,[1,2,3],[-2.5]]`},
		{`States.JsonToString($.a.b)`, `"[10,{\"c\":null}]"`},
		{`States.StringToJson($.json)`, `{"k":[1]}`},
		{`States.MathAdd($.list[1], 40)`, `42`},
		{`States.MathAdd(1.5, 1.51)`, `4`}, // each is rounded, halves up
		{`States.MathAdd(-1.5, 0)`, `-1`},
		{`States.ArrayLength($.list)`, `3`},
	}
	for _, c := range cases {
		got, err := evaluate(t, c.expression, data)
		if err != nil {
			got = "refused"
		}
		if got != c.want {
			t.Errorf("%s = %s (%v), want %s", c.expression, got, err, c.want)
		}
	}
}

func TestExpressionsFail(t *testing.T) {
	const data = `{"a":{"b":[10]},"text":"{}-{}","bad":"{","n":3000000000,"o":{}}`
	cases := []struct{ expression, cause string }{
		{`$.x`, `is not in the data`},
		{`$.a.b[1]`, `is not in the data`},
		{`$.a.b.c`, `is not in the data`},
		{`$.a[0]`, `is not in the data`},
		{`States.ArrayLength($.x)`, `is not in the data`},
		{`States.ArrayLength($.o)`, `States.`},
		{`States.Format($.text, 1)`, `States.`},
		{`States.Format($.bad)`, `States.`},
		{`States.Format($.n)`, `States.`},
		{`States.Format('{}', $.o)`, `States.`},
		{`States.StringToJson($.bad)`, `States.`},
		{`States.StringToJson($.n)`, `States.`},
		{`States.MathAdd($.n, 1)`, `States.`},
		{`States.MathAdd(2147483647, 1)`, `States.`},
		{`States.MathAdd($.text, 1)`, `States.`},
	}
	for _, c := range cases {
		_, err := evaluate(t, c.expression, data)
		var failed *flow.Error
		if !errors.As(err, &failed) || failed.Name != flow.ErrorRuntime ||
			!strings.Contains(failed.Cause, c.cause) {
			t.Errorf("%s: %v, want %s: … %s", c.expression, err, flow.ErrorRuntime, c.cause)
		}
	}
}

func TestExpressionsAreRefused(t *testing.T) {
	for _, expression := range []string{
		`States.Format('{}')`, `States.Format('{', 1)`, `States.Format()`, `States.Format(1)`,
		`States.MathAdd(1)`,
		`States.ArrayLength(1, 2)`, `States.Array(1`, `States.Array(1 2)`, `States.Array('a)`,
		`States.Array(a)`,
		`States.Array(1) `, `States.Array($.a[*])`, `States.Array('a\n')`, `States.Array(true)`,
		`States.Array`,
		`States.ArrayGetItem($.a, 0)`, `States.Base64Encode('a')`, `States.Hash('a', 'MD5')`,
		`States.MathRandom(1, 2)`,
		strings.Repeat(`States.Array(`, 11) + strings.Repeat(`)`, 11), `$.`, `$.a.`, `$a`, `$.1`, `$['']`,
		`$["a"]`,
		`$[a]`, `$.a b`, `$.é`, `$['a`, `$['a'b']`, `$[99999999999]`, `$$.Execution`, `$.a[0]x`,
	} {
		_, err := evaluate(t, expression, `{}`)
		var refused *flow.DefinitionError
		if !errors.As(err, &refused) || refused.State != "S" || refused.Field != "Parameters.v.$" {
			t.Errorf("%s: %v", expression, err)
		}
	}
}

func TestChoices(t *testing.T) {
	const data = `{"s":"Hello","n":5,"f":5.0,"big":9007199254740993,"b":true,"z":null,"o":{},"l":[],
		"t":"2026-04-01T06:00:00+09:00","u":"2026-03-31T21:00:00Z","v":"2026-04-01 06:00:00","w":"Hellp",
		"star":"a*b"}`
	cases := []struct {
		rule string
		want bool
	}{
		{`"Variable":"$.s","StringEquals":"Hello"`, true},
		{`"Variable":"$.s","StringEquals":"hello"`, false},
		{`"Variable":"$.n","StringEquals":"5"`, false},
		{`"Variable":"$.s","StringLessThanPath":"$.w"`, true},
		{`"Variable":"$.s","StringGreaterThan":"Hellp"`, false},
		{`"Variable":"$.s","StringGreaterThanEquals":"Hello"`, true},
		{`"Variable":"$.s","StringLessThanEqualsPath":"$.s"`, true},
		{`"Variable":"$.s","StringMatches":"H*l*o"`, true},
		{`"Variable":"$.s","StringMatches":"H*x*o"`, false},
		{`"Variable":"$.s","StringMatches":"Hello*"`, true},
		{`"Variable":"$.s","StringMatches":"Hel"`, false},
		{`"Variable":"$.s","StringMatches":"Hel*elo"`, false}, // pieces do not overlap
		{`"Variable":"$.star","StringMatches":"a\\*b"`, true},
		{`"Variable":"$.s","StringMatches":"H\\*"`, false},
		{`"Variable":"$.n","StringMatches":"*"`, false},
		{`"Variable":"$.n","NumericEquals":5`, true},
		{`"Variable":"$.n","NumericEqualsPath":"$.f"`, true},
		{`"Variable":"$.n","NumericLessThan":5`, false},
		{`"Variable":"$.n","NumericLessThanEquals":5.0`, true},
		{`"Variable":"$.n","NumericGreaterThan":4.9`, true},
		{`"Variable":"$.n","NumericGreaterThanEqualsPath":"$.big"`, false},
		{`"Variable":"$.big","NumericGreaterThan":9007199254740992`, true}, // not equal as floats are
		{`"Variable":"$.s","NumericEquals":5`, false},
		{`"Variable":"$.b","BooleanEquals":true`, true},
		{`"Variable":"$.b","BooleanEquals":false`, false},
		{`"Variable":"$.s","BooleanEqualsPath":"$.b"`, false},
		{`"Variable":"$.t","TimestampEquals":"2026-03-31T21:00:00Z"`, true},
		{`"Variable":"$.t","TimestampEqualsPath":"$.u"`, true},
		{`"Variable":"$.t","TimestampLessThan":"2026-03-31T21:00:01Z"`, true},
		{`"Variable":"$.t","TimestampGreaterThanEquals":"2026-03-31T21:00:01Z"`, false},
		{`"Variable":"$.v","TimestampEquals":"2026-03-31T21:00:00Z"`, false},
		{`"Variable":"$.z","IsNull":true`, true},
		{`"Variable":"$.s","IsNull":false`, true},
		{`"Variable":"$.z","IsPresent":true`, true},
		{`"Variable":"$.x","IsPresent":true`, false},
		{`"Variable":"$.x","IsPresent":false`, true},
		{`"Variable":"$.f","IsNumeric":true`, true},
		{`"Variable":"$.s","IsNumeric":false`, true},
		{`"Variable":"$.s","IsString":true`, true},
		{`"Variable":"$.b","IsBoolean":true`, true},
		{`"Variable":"$.t","IsTimestamp":true`, true},
		{`"Variable":"$.v","IsTimestamp":true`, false},
		{`"Not":{"Variable":"$.b","BooleanEquals":false}`, true},
		{`"And":[{"Variable":"$.b","BooleanEquals":true},{"Variable":"$.n","NumericEquals":6}]`, false},
		{`"And":[{"Variable":"$.x","IsPresent":true},{"Variable":"$.x",
			"NumericEquals":6}]`, false}, // stops at once
		{`"Or":[{"Variable":"$.n","NumericEquals":6},{"Variable":"$.b","BooleanEquals":true}]`, true},
		{`"Or":[{"Variable":"$.n","NumericEquals":5},{"Variable":"$.x","NumericEquals":6}]`, true},
		{`"Or":[{"Variable":"$.n","NumericEquals":6}]`, false},
	}
	value, err := flow.Decode([]byte(data))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		m, err := flow.Parse([]byte(choose(`{` + c.rule + `,"Next":"E"}`)))
		if err != nil {
			t.Error(err)
			continue
		}
		next, err := m.States["S"].Choice.Next(flow.Scope{Data: value})
		var failed *flow.Error
		if holds := next == "E" && err == nil; holds != c.want ||
			!holds && (!errors.As(err, &failed) || !strings.HasPrefix(failed.Cause, "no choice matched")) {
			t.Errorf("%s: %v (%v), want %v", c.rule, holds, err, c.want)
		}
	}
}

func TestChoiceNeedsItsVariables(t *testing.T) {
	for _, rule := range []string{
		`"Variable":"$.x","IsNull":true`, `"Variable":"$.x","NumericEquals":1`,
		`"Variable":"$.a","NumericEqualsPath":"$.x"`, `"Not":{"Variable":"$.x","IsString":true}`,
		`"And":[{"Variable":"$.x","IsString":true}]`,
	} {
		m, err := flow.Parse([]byte(choose(`{` + rule + `,"Next":"E"}`)))
		if err != nil {
			t.Fatal(err)
		}
		_, err = m.States["S"].Choice.Next(flow.Scope{Data: map[string]any{"a": json.Number("1")}})
		var failed *flow.Error
		if !errors.As(err, &failed) || failed.Name != flow.ErrorRuntime ||
			!strings.HasSuffix(failed.Cause, "is not in the data") {
			t.Errorf("%s: %v", rule, err)
		}
	}
}
