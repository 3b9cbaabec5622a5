package flow_test

import (
	"strings"
	"time"
)

// mapped is a Map with those fields whose iterations call work; mode is "" or distributed.
func mapped(mode, fields string) string {
	return last(`"Type":"Map","ItemProcessor":{` + mode + `"StartAt":"I","States":{
		"I":{` + task + `,"End":true}}}` + fields)
}

const distributed = `"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},`

// works are calls of work with those inputs.
func works(inputs ...string) []string {
	calls := make([]string, len(inputs))
	for i, input := range inputs {
		calls[i] = "work " + input
	}
	return calls
}

func mapExamples() []example {
	const input = `{"l":[3,1,2],"none":[],"k":"K","in":{"l":["x"]},"nested":[[1,2],[3]]}`
	three := works("3", "1", "2")
	broken := failed("broken", told("broken", "told"))
	all := []example{
		{
			name: "the order of the items", machine: mapped("", `,"ItemsPath":"$.l"`), want: `[3,1,2]`,
			calls: three,
		},
		{
			name: "three at a time", machine: mapped("", `,"ItemsPath":"$.l","MaxConcurrency":3`),
			want: `[3,1,2]`, calls: three,
		},
		{name: "no items", machine: mapped("", `,"ItemsPath":"$.none"`), want: `[]`},
		{
			name: "items behind InputPath", machine: mapped("", `,"InputPath":"$.in","ItemsPath":"$.l"`),
			want: `["x"]`, calls: works(`"x"`),
		},
		{
			name: "items of the context", machine: mapped("", `,"ItemsPath":"$$.Execution.Input.l"`),
			want: `[3,1,2]`, calls: three,
		},
		{
			name: "items that are not there", machine: mapped("", `,"ItemsPath":"$.x"`),
			want:    "error States.Runtime",
			differs: map[string]string{miniStackName: nulls},
		},
		{
			name: "ItemSelector", want: `[{"i":0,"k":"K","v":3},{"i":1,"k":"K","v":1},{"i":2,"k":"K","v":2}]`,
			machine: mapped("", `,"ItemsPath":"$.l","ItemSelector":{"v.$":"$$.Map.Item.Value",`+
				`"i.$":"$$.Map.Item.Index","k.$":"$.k"}`),
			calls: works(`{"i":0,"k":"K","v":3}`, `{"i":1,"k":"K","v":1}`, `{"i":2,"k":"K","v":2}`),
		},
		{
			name: "ResultSelector and the paths", want: `{"first":3}`, calls: three,
			machine: mapped("", `,"ItemsPath":"$.l","ResultSelector":{"first.$":"$[0]"},"ResultPath":"$.r",`+
				`"OutputPath":"$.r"`),
		},
		{
			name: "ResultPath null", want: input, calls: three,
			machine: mapped("", `,"ItemsPath":"$.l","ResultPath":null`),
		},
		{
			name: "the item within an iteration", want: `[{"i":0,"v":3},{"i":1,"v":1},{"i":2,"v":2}]`,
			machine: last(`"Type":"Map","ItemsPath":"$.l","ItemProcessor":{"StartAt":"I","States":{
				"I":{` + pass + `,"Parameters":{"v.$":"$$.Map.Item.Value","i.$":"$$.Map.Item.Index"},
				"End":true}}}`),
		},
		{
			name: "a Map in a Map", want: `[[{"v":1},{"v":2}],[{"v":3}]]`,
			machine: last(`"Type":"Map","ItemsPath":"$.nested","ItemProcessor":{"StartAt":"M","States":{"M":{
				"Type":"Map","ItemSelector":{"v.$":"$$.Map.Item.Value"},"End":true,"ItemProcessor":{
				"StartAt":"I","States":{"I":{` + task + `,"End":true}}}}}}`),
			calls: works(`{"v":1}`, `{"v":2}`, `{"v":3}`),
		},
		{
			name: "an item that fails", want: broken,
			machine: mapped("", `,"ItemsPath":"$.l","MaxConcurrency":1`),
			script:  script{"work 1": {"fail broken"}}, calls: works("3", "1"),
			differs: map[string]string{miniStackName: "it goes on with the other items"},
		},
		{
			name: "an item that fails is caught", want: `"C"`, calls: works("3", "1"),
			machine: `{"StartAt":"S","States":{"S":{"Type":"Map","ItemsPath":"$.l","MaxConcurrency":1,
				"End":true,"ItemProcessor":{"StartAt":"I","States":{"I":{` + task + `,"End":true}}},
				"Catch":[{"ErrorEquals":["broken"],"Next":"C"}]},
				"C":{"Type":"Pass","Result":"C","End":true}}}`,
			script:  script{"work 1": {"fail broken"}},
			differs: map[string]string{miniStackName: "it goes on with the other items"},
		},
		{
			name: "an item that is tried again", want: `[3,1,2]`, waits: time.Second,
			machine: strings.Replace(mapped("", `,"ItemsPath":"$.l"`), `"End":true`,
				`"Retry":[{"ErrorEquals":["broken"]}],"End":true`, 1),
			script: script{"work 1": {"fail broken", "echo"}}, calls: works("3", "1", "1", "2"),
		},
		{
			name: "a whole Map that is tried again", want: `[3,1,2]`, waits: time.Second,
			machine: mapped("", `,"ItemsPath":"$.l","MaxConcurrency":1,"Retry":[{"ErrorEquals":["broken"]}]`),
			script:  script{"work 1": {"fail broken", "echo"}}, calls: works("3", "1", "3", "1", "2"),
			differs: map[string]string{miniStackName: "it goes on with the other items"},
		},
		{
			name: "an item that catches", want: `[3,"C",2]`, calls: three,
			machine: last(`"Type":"Map","ItemsPath":"$.l","ItemProcessor":{"StartAt":"I","States":{
				"I":{` + task + `,"Catch":[{"ErrorEquals":["States.ALL"],"Next":"C"}],"End":true},
				"C":{"Type":"Pass","Result":"C","End":true}}}`),
			script: script{"work 1": {"fail broken"}},
		},
	}
	for i := range all {
		all[i].name, all[i].input = "map: "+all[i].name, input
	}
	return all
}

// reader reads the items of an object; key is its name, or .$ and a path.
func reader(key, config string) string {
	if path, computed := strings.CutPrefix(key, "$"); computed {
		key = `.$":"$` + path
	} else {
		key = `":"` + key
	}
	return `,"ItemReader":{"Resource":"arn:aws:states:::s3:getObject","ReaderConfig":{"InputType":"JSON"` +
		config + `},"Parameters":{"Bucket":"${objects}","Key` + key + `"}}`
}

const readerInput = `{"key":"four","k":"K","l":[3,1,2]}`

// How LocalStack differs in distributed Maps.
const (
	tolerant = "it lets a distributed Map succeed whatever fails in it"
	unread   = "it says States.Runtime of an object that it cannot read"
)

// readerExamples are distributed Maps over objects.
func readerExamples() []example {
	all := []example{
		{
			name: "an object", machine: mapped(distributed, reader("four", "")), want: `[0,{"n":1},"x",3]`,
			calls: works("0", `{"n":1}`, `"x"`, "3"),
		},
		{
			name: "a computed key", machine: mapped(distributed, reader("$.key", "")),
			want: `[0,{"n":1},"x",3]`, calls: works("0", `{"n":1}`, `"x"`, "3"),
		},
		{
			name: "MaxItems", machine: mapped(distributed, reader("four", `,"MaxItems":2`)),
			want: `[0,{"n":1}]`, calls: works("0", `{"n":1}`),
		},
		{name: "an empty object", machine: mapped(distributed, reader("empty", "")), want: `[]`},
		{
			name: "items in the input", machine: mapped(distributed, `,"ItemsPath":"$.l"`), want: `[3,1,2]`,
			calls: works("3", "1", "2"),
		},
		{
			name: "a selector", want: `[{"i":0,"k":"K","v":0}]`, calls: works(`{"i":0,"k":"K","v":0}`),
			machine: mapped(distributed, reader("four", `,"MaxItems":1`)+`,"ItemSelector":{"k.$":"$.k",
				"v.$":"$$.Map.Item.Value","i.$":"$$.Map.Item.Index"}`),
		},
		{
			name: "no result", machine: mapped(distributed, reader("four", "")+`,"ResultPath":null`),
			want: readerInput, calls: works("0", `{"n":1}`, `"x"`, "3"),
		},
		{
			name: "no such object", machine: mapped(distributed, reader("nope", "")),
			want:    `error States.ItemReaderFailed`,
			differs: map[string]string{localStackName: unread},
		},
		{
			name: "an object that is no array", machine: mapped(distributed, reader("object", "")),
			want:    `error States.ItemReaderFailed`,
			differs: map[string]string{miniStackName: "to it that is one item"},
		},
		{
			name: "an object that is cut off", machine: mapped(distributed, reader("cut", "")),
			want:    `error States.ItemReaderFailed`,
			differs: map[string]string{localStackName: unread, miniStackName: "it says States.Runtime"},
		},
		{
			name: "a key that is not there", machine: mapped(distributed, reader("$.nope", "")),
			want:    `error States.Runtime`,
			differs: map[string]string{miniStackName: "it says States.ItemReaderFailed"},
		},
		{
			name: "no such object, caught", want: `{"Error":"States.ItemReaderFailed","Cause":""}`,
			machine: toEnd(`"Type":"Map","ItemProcessor":{` + distributed + `"StartAt":"I","States":{
				"I":{` + task + `,"End":true}}},"Next":"E",
				"Catch":[{"ErrorEquals":["States.ALL"],"Next":"E"}]` + reader("nope", "")),
			differs: map[string]string{localStackName: unread},
		},
		{
			name: "an item that is tried again", want: `[3,1,2]`, waits: time.Second,
			machine: strings.Replace(mapped(distributed, `,"ItemsPath":"$.l"`), `"End":true`,
				`"Retry":[{"ErrorEquals":["broken"]}],"End":true`, 1),
			script: script{"work 1": {"fail broken", "echo"}}, calls: works("3", "1", "1", "2"),
		},
		{
			name: "an item that catches", want: `[3,"C",2]`, calls: works("3", "1", "2"),
			machine: last(`"Type":"Map","ItemsPath":"$.l","ItemProcessor":{` + distributed +
				`"StartAt":"I","States":{"I":{` + task + `,
				"Catch":[{"ErrorEquals":["States.ALL"],"Next":"C"}],"End":true},
				"C":{"Type":"Pass","Result":"C","End":true}}}`),
			script: script{"work 1": {"fail broken"}},
		},
		{
			name: "inline within distributed", want: `[[[1],[2]],[[3]]]`, calls: works("[1]", "[2]", "[3]"),
			input: `{"l":[[[1],[2]],[[3]]]}`,
			machine: last(`"Type":"Map","ItemsPath":"$.l","ItemProcessor":{` + distributed + `"StartAt":"M",
				"States":{"M":{"Type":"Map","End":true,"ItemProcessor":{"StartAt":"I","States":{
				"I":{` + task + `,"End":true}}}}}}`),
		},
	}
	for i := range all {
		all[i].name = "reader: " + all[i].name
		if all[i].input == "" {
			all[i].input = readerInput
		}
	}
	return append(all, toleranceExamples()...)
}

// toleranceExamples are distributed Maps of which items fail.
func toleranceExamples() []example {
	ten := works("0", "1", "2", "3", "4", "5", "6", "7", "8", "9")
	odd := script{
		"work 1": {"fail odd"}, "work 3": {"fail odd"}, "work 5": {"fail odd"}, "work 7": {"fail odd"},
		"work 9": {"fail odd"},
	}
	all := []example{
		{
			name: "an item that fails", machine: mapped(distributed, reader("ten", "")),
			want: `error States.ExceedToleratedFailureThreshold`, perhaps: ten,
			script: script{"work 4": {"fail broken"}},
		},
		{
			name: "half may fail", want: readerInput, calls: ten, script: odd,
			machine: mapped(distributed, reader("ten", "")+`,"ResultPath":null,
				"ToleratedFailurePercentage":50.0`),
		},
		{
			name: "not quite half may fail", perhaps: ten, script: odd,
			want:    `error States.ExceedToleratedFailureThreshold`,
			machine: mapped(distributed, reader("ten", "")+`,"ToleratedFailurePercentage":49.9`),
		},
		{
			name: "five may fail", want: readerInput, calls: ten, script: odd,
			machine: mapped(distributed, reader("ten", "")+`,"ResultPath":null,"ToleratedFailureCount":5`),
		},
		{
			name: "four may fail", perhaps: ten, script: odd,
			want:    `error States.ExceedToleratedFailureThreshold`,
			machine: mapped(distributed, reader("ten", "")+`,"ToleratedFailureCount":4`),
		},
	}
	for i := range all {
		all[i].name, all[i].input = "tolerance: "+all[i].name, readerInput
		if strings.HasPrefix(all[i].want, "error ") {
			all[i].differs = map[string]string{localStackName: tolerant}
		}
	}
	return all
}
