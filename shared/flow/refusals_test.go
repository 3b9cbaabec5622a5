package flow_test

import "strings"

const task = `"Type":"Task","Resource":"${convert}"`

// refusals are definitions that cannot be run, with what the refusal says.
var refusals = []struct{ name, definition, want string }{
	{"no JSON", `{"StartAt"`, `state machine: unexpected EOF`},
	{"an array", `[]`, `no JSON object`},
	{"two values", `{} {}`, `more than one`},
	{"a name twice", `{"StartAt":"S","StartAt":"S"}`, `"StartAt" twice`},
	{
		"two states of a name",
		`{"StartAt":"S","States":{"S":{"Type":"Succeed"},"S":{"Type":"Succeed"}}}`,
		`twice`,
	},
	{"bytes that are no UTF-8", "{\"a\":\"\xff\"}", `not UTF-8`},
	{"deep nesting", strings.Repeat(`{"a":`, 200), `more than 100`},
	{
		"an unknown field of the machine",
		`{"StartAt":"S","States":{"S":{"Type":"Succeed"}},"Foo":1}`,
		`field Foo:`,
	},
	{"another version", `{"Version":"2.0","StartAt":"S","States":{"S":{"Type":"Succeed"}}}`, `Version`},
	{
		"JSONata",
		`{"QueryLanguage":"JSONata","StartAt":"S","States":{"S":{"Type":"Succeed"}}}`,
		`QueryLanguage`,
	},
	{"no start", `{"States":{"S":{"Type":"Succeed"}}}`, `field StartAt: is missing`},
	{"no states", `{"StartAt":"S"}`, `field States: is missing`},
	{
		"a start that is not there",
		`{"StartAt":"X","States":{"S":{"Type":"Succeed"}}}`,
		`field StartAt: there is no`,
	},
	{"an unknown type", only(`{"Type":"Activity"}`), `state "S", field Type`},
	{"no type", only(`{"End":true}`), `state "S", field Type: is missing`},
	{
		"a long name",
		strings.ReplaceAll(only(`{"Type":"Succeed"}`), `"S"`, `"`+strings.Repeat("n", 81)+`"`),
		`1 to 80`,
	},
	{"neither Next nor End", only(`{"Type":"Pass"}`), `state "S", field Next`},
	{"Next and End", only(`{"Type":"Pass","Next":"S","End":true}`), `field Next`},
	{"End false", only(`{"Type":"Pass","End":false}`), `field End`},
	{
		"a target that is not there",
		only(`{"Type":"Pass","Next":"X"}`),
		`state "S", field Next: there is no state "X"`,
	},
	{
		"a state that nothing leads to",
		`{"StartAt":"S","States":{"S":{"Type":"Succeed"},"U":{"Type":"Succeed"}}}`,
		`state "U": nothing leads`,
	},
	{"no last state", only(`{"Type":"Pass","Next":"S"}`), `none of them is the last`},
	{
		"a field of another type",
		only(`{"Type":"Succeed","Result":1}`),
		`state "S", field Result: is not known`,
	},
	{"Assign", only(`{"Type":"Pass","Assign":{},"End":true}`), `field Assign`},
	{"a Comment that is no text", only(`{"Type":"Pass","Comment":1,"End":true}`), `field Comment`},
	{
		"a name of two levels",
		beside(`"Type":"Parallel","Branches":[{"StartAt":"E","States":{"E":{"Type":"Succeed"}}}]`),
		`used twice`,
	},

	{"a slice", beside(`"Type":"Pass","InputPath":"$.a[0:2]"`), `field InputPath`},
	{"a wildcard", beside(`"Type":"Pass","InputPath":"$.a[*]"`), `field InputPath`},
	{"a filter", beside(`"Type":"Pass","OutputPath":"$.a[?(@.b)]"`), `field OutputPath`},
	{"deep search", beside(`"Type":"Pass","OutputPath":"$..a"`), `field OutputPath`},
	{"a path function", beside(`"Type":"Pass","OutputPath":"$.a.length()"`), `field OutputPath`},
	{"a negative index", beside(`"Type":"Pass","OutputPath":"$.a[-1]"`), `field OutputPath`},
	{"an index with a zero in front", beside(`"Type":"Pass","OutputPath":"$.a[01]"`), `field OutputPath`},
	{"no path", beside(`"Type":"Pass","OutputPath":"a"`), `a path begins with $`},
	{"a path that is a number", beside(`"Type":"Pass","OutputPath":1`), `field OutputPath: must be a text`},
	{"writing into the context", beside(`"Type":"Pass","ResultPath":"$$.State.Name"`), `field ResultPath`},
	{
		"an unknown part of the context",
		beside(`"Type":"Pass","InputPath":"$$.Execution.RoleArn"`),
		`context object`,
	},
	{"a token", beside(`"Type":"Pass","InputPath":"$$.Task.Token"`), `context object`},
	{"the whole context", beside(`"Type":"Pass","InputPath":"$$"`), `context object`},
	{"an item outside a Map", beside(`"Type":"Pass","InputPath":"$$.Map.Item.Value"`), `within a Map`},
	{
		"a computed field that is no text",
		beside(`"Type":"Pass","Parameters":{"a.$":1}`),
		`field Parameters.a.$`,
	},
	{
		"a computed field that is no path",
		beside(`"Type":"Pass","Parameters":{"a":[{"b.$":"c"}]}`),
		`field Parameters.a[0].b.$`,
	},
	{
		"a field written and computed",
		beside(`"Type":"Pass","Parameters":{"a.$":"$","a":1}`),
		`field Parameters.a.$`,
	},
	{
		"a template that is no object",
		beside(`"Type":"Pass","Parameters":"$"`),
		`field Parameters: must be an object`,
	},
	{
		"an unknown function",
		beside(`"Type":"Pass","Parameters":{"a.$":"States.UUID()"}`),
		`"States.UUID" is not known`,
	},
	{
		"a placeholder in a template",
		beside(`"Type":"Pass","Parameters":{"a":"x${bucket}"}`),
		`field Parameters.a: holds ${bucket}`,
	},
	{
		"a placeholder in a result",
		beside(`"Type":"Pass","Result":{"a":["${bucket}"]}`),
		`field Result.a: holds`,
	},

	{"no resource", beside(`"Type":"Task"`), `field Resource: is missing`},
	{
		"another service",
		beside(`"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage"`),
		`field Resource`,
	},
	{
		"waiting for a token",
		beside(`"Type":"Task","Resource":"arn:aws:states:::lambda:invoke.waitForTaskToken"`),
		`field Resource`,
	},
	{
		"a version of a function",
		beside(`"Type":"Task","Resource":"arn:aws:lambda:ap-northeast-1:000000000000:function:convert:3"`),
		`field Resource`,
	},
	{"a bare name", beside(`"Type":"Task","Resource":"convert"`), `field Resource`},
	{"Credentials", beside(task + `,"Credentials":{}`), `field Credentials`},
	{
		"invoke without a function",
		beside(`"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Parameters":{}`),
		`field Parameters.FunctionName`,
	},
	{
		"invoke without parameters",
		beside(`"Type":"Task","Resource":"arn:aws:states:::lambda:invoke"`),
		`field Parameters`,
	},
	{
		"an asynchronous call",
		beside(`"Type":"Task","Resource":"arn:aws:states:::lambda:invoke",` +
			`"Parameters":{"FunctionName":"f","InvocationType":"Event"}`),
		`field Parameters.InvocationType`,
	},
	{"a timeout of 0", beside(task + `,"TimeoutSeconds":0`), `field TimeoutSeconds`},
	{"a broken timeout", beside(task + `,"TimeoutSeconds":1.5`), `field TimeoutSeconds`},
	{
		"two timeouts",
		beside(task + `,"TimeoutSeconds":1,"TimeoutSecondsPath":"$.a"`),
		`field TimeoutSecondsPath`,
	},
	{
		"a heartbeat as long as the timeout",
		beside(task + `,"TimeoutSeconds":5,"HeartbeatSeconds":5`),
		`field HeartbeatSeconds`,
	},

	{"an empty Retry", beside(task + `,"Retry":[]`), `field Retry`},
	{"a retrier without errors", beside(task + `,"Retry":[{"MaxAttempts":1}]`), `field Retry[0].ErrorEquals`},
	{
		"an unknown field of a retrier",
		beside(task + `,"Retry":[{"ErrorEquals":["a"],"Foo":1}]`),
		`field Retry[0].Foo`,
	},
	{
		"a small backoff",
		beside(task + `,"Retry":[{"ErrorEquals":["a"],"BackoffRate":0.5}]`),
		`field Retry[0].BackoffRate`,
	},
	{
		"a delay below the interval",
		beside(task + `,"Retry":[{"ErrorEquals":["a"],"IntervalSeconds":9,"MaxDelaySeconds":9}]`),
		`field Retry[0].MaxDelaySeconds`,
	},
	{
		"another jitter",
		beside(task + `,"Retry":[{"ErrorEquals":["a"],"JitterStrategy":"HALF"}]`),
		`field Retry[0].JitterStrategy`,
	},
	{"States.ALL in company", beside(task + `,"Retry":[{"ErrorEquals":["States.ALL","a"]}]`), `stand alone`},
	{
		"States.ALL not last",
		beside(task + `,"Catch":[{"ErrorEquals":["States.ALL"],"Next":"E"},{"ErrorEquals":["a"],` +
			`"Next":"E"}]`),
		`field Catch[0].ErrorEquals`,
	},
	{
		"an error that never matches",
		beside(task + `,"Catch":[{"ErrorEquals":["States.Runtime"],"Next":"E"}]`),
		`never matches`,
	},
	{
		"an error that the service keeps for later",
		beside(task + `,"Retry":[{"ErrorEquals":["States.IntrinsicFailure"]}]`),
		`never matches`,
	},
	{
		"an unknown error of the service",
		beside(task + `,"Catch":[{"ErrorEquals":["States.Foo"],"Next":"E"}]`),
		`States.Foo is not known`,
	},
	{"a catcher without Next", beside(task + `,"Catch":[{"ErrorEquals":["a"]}]`), `field Catch[0].Next`},
	{
		"a catcher that leads nowhere",
		beside(task + `,"Catch":[{"ErrorEquals":["a"],"Next":"X"}]`),
		`field Catch: there is no state "X"`,
	},
	{"Retry of a Pass", beside(`"Type":"Pass","Retry":[{"ErrorEquals":["a"]}]`), `field Retry: is not known`},

	{
		"no choices",
		`{"StartAt":"S","States":{"S":{"Type":"Choice","Default":"E"},"E":{"Type":"Succeed"}}}`,
		`field Choices: is missing`,
	},
	{"a rule without Next", choose(`{"Variable":"$.a","IsNull":true}`), `field Choices[0].Next`},
	{"a rule without Variable", choose(`{"IsNull":true,"Next":"E"}`), `field Choices[0].Variable`},
	{"a rule without comparison", choose(`{"Variable":"$.a","Next":"E"}`), `without a comparison`},
	{
		"two comparisons",
		choose(`{"Variable":"$.a","IsNull":true,"IsString":true,"Next":"E"}`),
		`field Choices[0].IsString`,
	},
	{
		"an unknown comparison",
		choose(`{"Variable":"$.a","StringContains":"x","Next":"E"}`),
		`field Choices[0].StringContains`,
	},
	{
		"an order of booleans",
		choose(`{"Variable":"$.a","BooleanLessThan":true,"Next":"E"}`),
		`field Choices[0].BooleanLessThan`,
	},
	{
		"a value of another type",
		choose(`{"Variable":"$.a","NumericEquals":"1","Next":"E"}`),
		`field Choices[0].NumericEquals`,
	},
	{
		"a Next within And",
		choose(`{"And":[{"Variable":"$.a","IsNull":true,"Next":"E"}],"Next":"E"}`),
		`field Choices[0].And[0].Next`,
	},
	{
		"a pattern with a loose backslash",
		choose(`{"Variable":"$.a","StringMatches":"\\a","Next":"E"}`),
		`backslash`,
	},
	{"a condition in JSONata", choose(`{"Condition":"{% true %}","Next":"E"}`), `field Choices[0]`},

	{"no wait", beside(`"Type":"Wait"`), `field Seconds`},
	{"two waits", beside(`"Type":"Wait","Seconds":1,"SecondsPath":"$.a"`), `only one`},
	{"a negative wait", beside(`"Type":"Wait","Seconds":-1`), `field Seconds`},
	{"a time without zone", beside(`"Type":"Wait","Timestamp":"2026-04-01T06:00:00"`), `field Timestamp`},
	{"an error twice", only(`{"Type":"Fail","Error":"a","ErrorPath":"$.a"}`), `field ErrorPath`},
	{"a Fail that goes on", only(`{"Type":"Fail","End":true}`), `field End`},
	{"no branches", beside(`"Type":"Parallel"`), `field Branches: is missing`},
	{
		"an unknown field of a branch",
		beside(`"Type":"Parallel","Branches":[{"StartAt":"B","States":{"B":{"Type":"Succeed"}},` +
			`"TimeoutSeconds":1}]`),
		`field Branches[0].TimeoutSeconds`,
	},
	{
		"a way out of a branch",
		beside(`"Type":"Parallel","Branches":[{"StartAt":"B","States":{"B":{"Type":"Pass","Next":"E"}}}]`),
		`state "B", field Next`,
	},

	{"no processor", only(`{"Type":"Map","End":true,"Iterator":{}}`), `field ItemProcessor`},
	{"old parameters of a Map", mapped("", `,"Parameters":{}`), `field Parameters`},
	{
		"an express Map",
		mapped(`"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"EXPRESS"},`, ""),
		`field ItemProcessor.ProcessorConfig.ExecutionType`,
	},
	{"an inline Map with a reader", mapped("", `,"ItemReader":{}`), `field ItemReader`},
	{"a wide inline Map", mapped("", `,"MaxConcurrency":41`), `field MaxConcurrency`},
	{"a batcher", mapped(distributed, `,"ItemBatcher":{"MaxItemsPerBatch":2}`), `field ItemBatcher`},
	{"a result writer", mapped(distributed, `,"ResultWriter":{}`), `field ResultWriter`},
	{
		"a reader of CSV",
		mapped(distributed, `,"ItemReader":{"Resource":"arn:aws:states:::s3:getObject",`+
			`"ReaderConfig":{"InputType":"CSV"},"Parameters":{"Bucket":"b","Key":"k"}}`),
		`field ItemReader.ReaderConfig.InputType`,
	},
	{
		"a reader of lists",
		mapped(distributed, `,"ItemReader":{"Resource":"arn:aws:states:::s3:listObjectsV2"}`),
		`field ItemReader.Resource`,
	},
	{
		"a reader without a key",
		mapped(distributed, `,"ItemReader":{"Resource":"arn:aws:states:::s3:getObject",`+
			`"ReaderConfig":{"InputType":"JSON"},"Parameters":{"Bucket":"b"}}`),
		`field ItemReader.Parameters`,
	},
	{
		"too much tolerance",
		mapped(distributed, `,"ToleratedFailurePercentage":101`),
		`field ToleratedFailurePercentage`,
	},
	{"a label with spaces", mapped(distributed, `,"Label":"a b"`), `field Label`},
	{"an item in a child execution", only(`{"Type":"Map","End":true,"ItemProcessor":{` + distributed +
		`"StartAt":"I","States":{"I":{"Type":"Pass","InputPath":"$$.Map.Item.Value",
			"End":true}}}}`), `state "I", field InputPath`},
}
