package flow_test

import "time"

// only is a machine of the one state S.
func only(state string) string { return `{"StartAt":"S","States":{"S":` + state + `}}` }

// last is a machine of the one state S with those fields, which is the end.
func last(fields string) string { return only(`{` + fields + `,"End":true}`) }

// toEnd is a machine of the state S with those fields and of E, which succeeds.
func toEnd(state string) string {
	return `{"StartAt":"S","States":{"S":{` + state + `},"E":{"Type":"Succeed"}}}`
}

const (
	pass  = `"Type":"Pass"`
	task  = `"Type":"Task","Resource":"${work}"`
	given = `{"a":{"b":[1,2]},"c":"x","s":5}`
)

// dataExamples choose what states work on and what they give.
func dataExamples() []example {
	worked := []string{"work " + given}
	return []example{
		{name: "a Pass gives its input", machine: last(pass), input: given, want: given},
		{
			name: "a Pass with a Result", machine: last(pass + `,"Result":{"k":1},"ResultPath":"$.r"`),
			input: given, want: `{"a":{"b":[1,2]},"c":"x","s":5,"r":{"k":1}}`,
		},
		{
			name: "a Pass with Parameters", input: given,
			machine: last(pass + `,"Parameters":{"k.$":"$.a.b","l":[1,{"m.$":"$.c"}],"n":null,"o":false}`),
			want:    `{"k":[1,2],"l":[1,{"m":"x"}],"n":null,"o":false}`,
		},
		{name: "a Task echoes", machine: last(task), input: given, want: given, calls: worked},
		{
			name: "InputPath", machine: last(task + `,"InputPath":"$.a"`), input: given,
			want: `{"b":[1,2]}`, calls: []string{`work {"b":[1,2]}`},
		},
		{
			name: "InputPath null", machine: last(task + `,"InputPath":null`), input: given, want: `{}`,
			calls: []string{`work {}`},
		},
		{
			name: "InputPath that is not there", machine: last(task + `,"InputPath":"$.nope"`), input: given,
			want:    `error States.Runtime`,
			differs: map[string]string{miniStackName: nulls},
		},
		{
			name: "InputPath in brackets", input: given, want: `2`,
			machine: last(pass + `,"InputPath":"$['a']['b'][1]"`),
		},
		{
			name: "InputPath of the context", machine: last(pass + `,"InputPath":"$$.Execution.Input.a"`),
			input: given, want: `{"b":[1,2]}`,
		},
		{
			name: "OutputPath", machine: last(task + `,"OutputPath":"$.a.b"`), input: given, want: `[1,2]`,
			calls: worked,
		},
		{
			name: "OutputPath null", machine: last(task + `,"OutputPath":null`), input: given, want: `{}`,
			calls: worked,
		},
		{
			name: "OutputPath that is not there", input: given, want: `error States.Runtime`, calls: worked,
			machine: last(task + `,"OutputPath":"$.nope"`),
			differs: map[string]string{miniStackName: nulls},
		},
		{
			name: "Parameters after InputPath", input: given, want: `{"k":1,"l":"m"}`,
			machine: last(task + `,"InputPath":"$.a","Parameters":{"k.$":"$.b[0]","l":"m"}`),
			calls:   []string{`work {"k":1,"l":"m"}`},
		},
		{
			name: "a parameter that is not there", input: given, want: `error States.Runtime`,
			machine: last(task + `,"Parameters":{"k.$":"$.nope"}`),
			differs: map[string]string{localStackName: exceptions, miniStackName: nulls},
		},
		{
			name: "ResultSelector", input: given, want: `{"k":"x","l":{"m":[1,2]}}`, calls: worked,
			machine: last(task + `,"ResultSelector":{"k.$":"$.c","l":{"m.$":"$.a.b"}}`),
		},
		{
			name: "a selected result that is not there", input: given, want: `error States.Runtime`,
			machine: last(task + `,"ResultSelector":{"k.$":"$.nope"}`), calls: worked,
			differs: map[string]string{localStackName: exceptions, miniStackName: nulls},
		},
	}
}

// resultExamples put the result of a state into its input.
func resultExamples() []example {
	worked := []string{"work " + given}
	return []example{
		{
			name: "ResultPath", machine: last(task + `,"InputPath":"$.c","ResultPath":"$.a.r"`), input: given,
			want: `{"a":{"b":[1,2],"r":"x"},"c":"x","s":5}`, calls: []string{`work "x"`},
		},
		{
			name: "ResultPath makes objects", input: given, calls: []string{`work "x"`},
			machine: last(task + `,"InputPath":"$.c","ResultPath":"$.p.q"`),
			want:    `{"a":{"b":[1,2]},"c":"x","s":5,"p":{"q":"x"}}`,
		},
		{
			name: "ResultPath over a value", input: given, calls: []string{`work [1,2]`},
			machine: last(task + `,"InputPath":"$.a.b","ResultPath":"$.c"`),
			want:    `{"a":{"b":[1,2]},"c":[1,2],"s":5}`,
		},
		{
			name: "ResultPath into an array", input: given, calls: []string{`work "x"`},
			machine: last(task + `,"InputPath":"$.c","ResultPath":"$.a.b[0]"`),
			want:    `{"a":{"b":["x",2]},"c":"x","s":5}`,
			differs: map[string]string{miniStackName: "it makes a field of that name"},
		},
		{
			name: "ResultPath null", machine: last(task + `,"ResultPath":null`), input: given, want: given,
			script: script{"work": {`{"lost":true}`}}, calls: worked,
		},
		{
			name: "ResultPath through a number", machine: last(task + `,"ResultPath":"$.s.k"`), input: given,
			want: `error States.ResultPathMatchFailure`, calls: worked,
			differs: map[string]string{localStackName: exceptions, miniStackName: "it writes over it"},
		},
		{
			name: "all five in their order", input: given, want: `{"k":"x!"}`,
			machine: last(task + `,"InputPath":"$.a","Parameters":{"p.$":"$.b[0]"},` +
				`"ResultSelector":{"k.$":"$.got"},"ResultPath":"$.a.r","OutputPath":"$.a.r"`),
			script: script{"work": {`{"got":"x!"}`}}, calls: []string{`work {"p":1}`},
		},
		{
			name: "no result", machine: last(task + `,"ResultPath":"$.r"`), input: `{"a":1}`,
			script: script{"work": {`null`}}, want: `{"a":1,"r":null}`, calls: []string{`work {"a":1}`},
		},
		{
			name: "the Lambda integration", input: given, want: `{"k":"x"}`,
			calls: []string{`work {"k":"x"}`},
			machine: last(`"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Parameters":{` +
				`"FunctionName":"${work}","Payload":{"k.$":"$.c"}},"OutputPath":"$.Payload"`),
		},
		{
			name: "the status of the Lambda integration", input: given, calls: []string{`work {"b":[1,2]}`},
			machine: last(`"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Parameters":{` +
				`"FunctionName":"${work}","Payload.$":"$.a"},"ResultSelector":{"s.$":"$.StatusCode"}`),
			want: `{"s":200}`,
		},
		{
			name: "the context object", input: given, want: `{"n":"run-1","s":"S","c":"x"}`,
			machine: last(pass + `,"Parameters":{"n.$":"$$.Execution.Name","s.$":"$$.State.Name",` +
				`"c.$":"$$.Execution.Input.c"}`),
		},
		{
			name: "two states", input: given, want: `{"b":[1,2]}`,
			calls: []string{"work " + given, `more [1,2]`},
			machine: `{"StartAt":"A","States":{"A":{` + task + `,"OutputPath":"$.a","Next":"B"},
				"B":{"Type":"Task","Resource":"${more}","InputPath":"$.b","ResultPath":null,"End":true}}}`,
		},
	}
}

// intrinsicExamples compute values.
func intrinsicExamples() []example {
	return []example{
		intrinsic("Format", `States.Format('{}-{}', $.c, $.s)`, `"x-5"`),
		but(intrinsic("Format of null", `States.Format('{}', null)`, `"null"`), map[string]string{
			localStackName: "it takes no null", miniStackName: "it writes None",
		}),
		but(intrinsic("Format with braces", `States.Format('\{{}\}', $.s)`, `"{5}"`), map[string]string{
			localStackName: "it does not know escaped braces",
		}),
		intrinsic("Array", `States.Array($.c, 1, $.a.b)`, `["x",1,[1,2]]`),
		intrinsic("JsonToString", `States.JsonToString($.a)`, `"{\"b\":[1,2]}"`),
		intrinsic("StringToJson", `States.StringToJson($.j)`, `{"k":[1]}`),
		intrinsic("MathAdd", `States.MathAdd($.s, -7)`, `-2`),
		intrinsic("ArrayLength", `States.ArrayLength($.a.b)`, `2`),
		intrinsic("functions within functions",
			`States.Format('{} of {}', States.ArrayLength($.a.b), States.JsonToString($.a))`,
			`"2 of {\"b\":[1,2]}"`),
		{
			name: "a function that fails", input: given, want: `error States.Runtime`,
			machine: last(pass + `,"Parameters":{"v.$":"States.ArrayLength($.s)"}`),
		},
		{
			name: "a function that fails is not caught", input: given, want: `error States.Runtime`,
			machine: toEnd(task + `,"Parameters":{"v.$":"States.ArrayLength($.s)"},"Next":"E",` +
				`"Catch":[{"ErrorEquals":["States.ALL"],"Next":"E"}]`),
			differs: map[string]string{localStackName: exceptions},
		},
	}
}

// How emulators differ in more than one example.
const (
	nulls      = "to it a path that is not there is null"
	exceptions = "such an error of a Lambda task is Exception to it, and can be caught"
	utcOnly    = "to it a time ends in Z"
)

// but says how interpreters differ.
func but(e example, differs map[string]string) example {
	e.differs = differs
	return e
}

// intrinsic computes one expression.
func intrinsic(name, expression, want string) example {
	return example{
		name: "intrinsic: " + name, want: `{"v":` + want + `}`,
		input:   `{"a":{"b":[1,2]},"c":"x","s":5,"j":"{\"k\":[1]}"}`,
		machine: last(pass + `,"Parameters":{"v.$":` + quoted(expression) + `}`),
	}
}

// choiceExamples decide one condition each.
func choiceExamples() []example {
	const data = `{"n":5,"m":7,"f":5.0,"t":"abc","u":"b*c","yes":true,"no":false,"null":null,"list":[1],
		"at":"2026-03-31T21:00:00Z","too":"2026-03-31T21:00:00Z","late":"2026-04-01T00:00:00Z",
		"japan":"2026-04-01T06:00:00+09:00"}`
	all := []example{
		{
			name: "choice: the Default", input: data, want: `"default"`,
			machine: choose(`{"Variable":"$.n","NumericEquals":1,"Next":"Y"}`),
		},
		{
			name: "choice: the first that holds", input: data, want: `"yes"`,
			machine: choose(`{"Variable":"$.n","NumericEquals":5,"Next":"Y"},
				{"Variable":"$.n","NumericEquals":5,"Next":"Z"}`),
		},
		{
			name: "choice: its paths", input: `{"in":{"n":5}}`, want: `{"n":5}`,
			machine: `{"StartAt":"S","States":{"S":{"Type":"Choice","InputPath":"$.in","Choices":[
				{"Variable":"$.n","NumericEquals":5,"Next":"E"}]},"E":{"Type":"Succeed"}}}`,
		},
		{
			name: "choice: none and no Default", input: data, want: `error States.Runtime`,
			machine: `{"StartAt":"S","States":{"S":{"Type":"Choice","Choices":[
				{"Variable":"$.n","NumericEquals":1,"Next":"E"}]},"E":{"Type":"Succeed"}}}`,
			differs: map[string]string{miniStackName: "it says States.NoChoiceMatched"},
		},
		{
			name: "choice: a variable that is not there", input: data, want: `error States.Runtime`,
			machine: choose(`{"Variable":"$.nope","NumericEquals":1,"Next":"Y"}`),
			differs: map[string]string{localStackName: "to it the rule does not hold", miniStackName: nulls},
		},
	}
	for _, c := range []struct {
		condition string
		holds     bool
	}{
		{`"Variable":"$.n","NumericEquals":5`, true},
		{`"Variable":"$.f","NumericEquals":5`, true},
		{`"Variable":"$.t","NumericEquals":5`, false},
		{`"Variable":"$.n","NumericLessThan":5`, false},
		{`"Variable":"$.n","NumericLessThanEquals":5`, true},
		{`"Variable":"$.n","NumericGreaterThan":4.5`, true},
		{`"Variable":"$.n","NumericGreaterThanEqualsPath":"$.m"`, false},
		{`"Variable":"$.t","StringEquals":"abc"`, true},
		{`"Variable":"$.t","StringEqualsPath":"$.u"`, false},
		{`"Variable":"$.t","StringLessThan":"abd"`, true},
		{`"Variable":"$.t","StringGreaterThanEquals":"abd"`, false},
		{`"Variable":"$.t","StringMatches":"a*c"`, true},
		{`"Variable":"$.t","StringMatches":"a*b"`, false},
		{`"Variable":"$.u","StringMatches":"b\\*c"`, true},
		{`"Variable":"$.t","StringMatches":"a\\*c"`, false},
		{`"Variable":"$.yes","BooleanEquals":true`, true},
		{`"Variable":"$.yes","BooleanEqualsPath":"$.no"`, false},
		{`"Variable":"$.at","TimestampEqualsPath":"$.too"`, true},
		{`"Variable":"$.japan","TimestampEquals":"2026-03-31T21:00:00Z"`, true},
		{`"Variable":"$.at","TimestampLessThan":"2026-04-01T00:00:00Z"`, true},
		{`"Variable":"$.late","TimestampGreaterThan":"2026-03-31T23:59:59Z"`, true},
		{`"Variable":"$.null","IsNull":true`, true},
		{`"Variable":"$.n","IsNull":true`, false},
		{`"Variable":"$.null","IsPresent":true`, true},
		{`"Variable":"$.nope","IsPresent":false`, true},
		{`"Variable":"$.n","IsNumeric":true`, true},
		{`"Variable":"$.t","IsNumeric":false`, true},
		{`"Variable":"$.t","IsString":true`, true},
		{`"Variable":"$.yes","IsBoolean":true`, true},
		{`"Variable":"$.at","IsTimestamp":true`, true},
		{`"Variable":"$.t","IsTimestamp":true`, false},
		{`"And":[{"Variable":"$.n","IsNumeric":true},{"Variable":"$.n","NumericLessThan":9}]`, true},
		{`"And":[{"Variable":"$.nope","IsPresent":true},{"Variable":"$.nope","IsNull":true}]`, false},
		{`"Or":[{"Variable":"$.n","NumericEquals":1},{"Variable":"$.t","StringEquals":"abc"}]`, true},
		{`"Not":{"Variable":"$.list[0]","NumericEquals":1}`, false},
	} {
		want := `"default"`
		if c.holds {
			want = `"yes"`
		}
		all = append(all, example{
			name: "choice: " + c.condition, input: data, want: want, differs: otherChoices[c.condition],
			machine: choose(`{` + c.condition + `,"Next":"Y"}`),
		})
	}
	return all
}

// otherChoices are the conditions that emulators decide in another way.
var otherChoices = map[string]map[string]string{
	`"Variable":"$.u","StringMatches":"b\\*c"`: {
		localStackName: "it knows no escaped star", miniStackName: "it knows no escaped star",
	},
	`"Variable":"$.japan","TimestampEquals":"2026-03-31T21:00:00Z"`: {localStackName: utcOnly},
	`"Variable":"$.at","TimestampEqualsPath":"$.too"`:               {miniStackName: "it does not know it"},
	`"Variable":"$.null","IsPresent":true`:                          {miniStackName: nulls},
}

// choose is a machine that goes by those rules to Y or Z, else to D, and says where it is.
func choose(rules string) string {
	return `{"StartAt":"S","States":{"S":{"Type":"Choice","Choices":[` + rules + `,
			{"Variable":"$.never","IsPresent":true,"Next":"Z"}],"Default":"D"},
		"Y":{"Type":"Pass","Result":"yes","End":true},"Z":{"Type":"Pass","Result":"no","End":true},
		"D":{"Type":"Pass","Result":"default","End":true}}}`
}

// endExamples wait, succeed, fail or do several things at a time.
func endExamples() []example {
	branches := func(fields string) string {
		return last(`"Type":"Parallel",` + fields + `"Branches":[
			{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"${left}","End":true}}},
			{"StartAt":"B","States":{"B":{"Type":"Task","Resource":"${right}","End":true}}}]`)
	}
	return []example{
		{
			name: "Wait", machine: last(`"Type":"Wait","Seconds":1`), input: given, want: given,
			waits: time.Second,
		},
		{
			name: "Wait for a path", machine: last(`"Type":"Wait","SecondsPath":"$.s","OutputPath":"$.s"`),
			input: `{"s":1}`, want: `1`, waits: time.Second,
		},
		{
			name: "Wait for no number", machine: last(`"Type":"Wait","SecondsPath":"$.c"`), input: given,
			want:    `error States.Runtime`,
			differs: map[string]string{miniStackName: "it does not wait"},
		},
		{
			name: "Wait until a time that is over", want: `{"c":1}`, input: `{"c":1}`,
			machine: last(`"Type":"Wait","Timestamp":"1999-04-01T06:00:00Z"`),
		},
		{
			name: "Wait until a time in Japan", want: `{"c":1}`, input: `{"c":1}`,
			machine: last(`"Type":"Wait","Timestamp":"1999-04-01T06:00:00+09:00"`),
			differs: map[string]string{localStackName: utcOnly},
		},
		{
			name: "Wait until no time", machine: last(`"Type":"Wait","TimestampPath":"$.c"`), input: given,
			want:    `error States.Runtime`,
			differs: map[string]string{miniStackName: "it does not wait"},
		},
		{
			name: "Succeed", machine: only(`{"Type":"Succeed","InputPath":"$.a","OutputPath":"$.b"}`),
			input: given, want: `[1,2]`,
		},
		{
			name: "Fail", machine: only(`{"Type":"Fail","Error":"over","Cause":"why"}`), input: given,
			want: `error over why`,
		},
		{
			name: "Fail by paths", input: `{"e":{"Error":"over","Cause":"why"}}`, want: `error over why`,
			machine: only(`{"Type":"Fail","ErrorPath":"$.e.Error","CausePath":"$.e.Cause"}`),
		},
		{
			name: "Fail by a function", input: given, want: `error x s=5`,
			machine: only(`{"Type":"Fail","ErrorPath":"$.c","CausePath":"States.Format('s={}', $.s)"}`),
		},
		{
			name: "Fail by a path that is not there", input: given, want: `error States.Runtime`,
			machine: only(`{"Type":"Fail","ErrorPath":"$.nope"}`),
		},
		{
			name: "Parallel", machine: branches(""), input: given, want: `[{"l":1},` + given + `]`,
			script: script{"left": {`{"l":1}`}}, calls: []string{"left " + given, "right " + given},
		},
		{
			name: "Parallel with paths", input: given,
			want: `{"a":{"b":[1,2]},"c":"x","s":5,"r":{"k":["x"]}}`,
			machine: branches(`"InputPath":"$.a","Parameters":{"p.$":"$.b"},` +
				`"ResultSelector":{"k.$":"$[1]"},"ResultPath":"$.r",`),
			script: script{"right": {`["x"]`}},
			calls:  []string{`left {"p":[1,2]}`, `right {"p":[1,2]}`},
		},
		{
			name: "a branch that fails", machine: branches(""), input: `{}`,
			script: script{"right": {"fail broken"}}, want: failed("broken", told("broken", "told")),
			calls: []string{"right {}"}, perhaps: []string{"left {}"},
		},
		{
			name: "a branch that fails is tried again with all", input: `{}`, want: `[{},{}]`,
			machine: branches(`"Retry":[{"ErrorEquals":["broken"],"MaxAttempts":1}],`),
			script:  script{"right": {"fail broken", "echo"}}, waits: time.Second,
			calls: []string{"left {}", "right {}", "left {}", "right {}"},
		},
		{
			name: "a branch that fails is caught", input: `{}`,
			machine: `{"StartAt":"S","States":{"S":{"Type":"Parallel","End":true,"Branches":[
				{"StartAt":"B","States":{"B":{"Type":"Fail","Error":"over","Cause":"why"}}}],
				"Catch":[{"ErrorEquals":["over"],"ResultPath":"$.e","Next":"E"}]},"E":{"Type":"Succeed"}}}`,
			want: `{"e":{"Error":"over","Cause":"why"}}`,
		},
	}
}
