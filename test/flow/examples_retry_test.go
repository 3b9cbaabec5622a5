package flow_test

import "time"

// retried is a machine of one task with those retriers.
func retried(retriers string) string { return last(task + `,"Retry":[` + retriers + `]`) }

// again are n calls of work with {}.
func again(n int) []string {
	calls := make([]string, n)
	for i := range calls {
		calls[i] = "work {}"
	}
	return calls
}

func retryExamples() []example {
	const transient = `{"ErrorEquals":["Transient"],"IntervalSeconds":1,"MaxAttempts":2,"BackoffRate":1}`
	broken := failed("broken", told("broken", "told"))
	return []example{
		{
			name: "retry: it fails once", machine: retried(transient), want: `{}`, calls: again(2),
			script: script{"work": {"fail Transient", "echo"}}, waits: time.Second,
		},
		{
			name: "retry: it fails for good", machine: retried(transient), calls: again(3),
			script: script{"work": {"fail Transient"}}, waits: 2 * time.Second,
			want: failed("Transient", told("Transient", "told")),
		},
		{
			name: "retry: another error", machine: retried(transient), calls: again(1), want: broken,
			script: script{"work": {"fail broken"}},
		},
		{
			name: "retry: one of several names", calls: again(3), want: `{}`, waits: 2 * time.Second,
			machine: retried(`{"ErrorEquals":["a","b"],"IntervalSeconds":1,"BackoffRate":1}`),
			script:  script{"work": {"fail a", "fail b", "echo"}},
		},
		{
			name: "retry: three attempts if nothing is said", calls: again(4), waits: 3 * time.Second,
			machine: retried(`{"ErrorEquals":["broken"],"IntervalSeconds":1,"BackoffRate":1}`),
			script:  script{"work": {"fail broken"}}, want: broken,
		},
		{
			name: "retry: no attempt", calls: again(1), want: broken, script: script{"work": {"fail broken"}},
			machine: retried(`{"ErrorEquals":["broken"],"MaxAttempts":0},{"ErrorEquals":["States.ALL"]}`),
		},
		{
			name: "retry: the delays grow", calls: again(4), want: `{}`, waits: 7 * time.Second,
			machine: retried(`{"ErrorEquals":["broken"]}`), // 1, 2 and 4 seconds
			script:  script{"work": {"fail broken", "fail broken", "fail broken", "echo"}},
		},
		{
			name: "retry: the delays have a limit", calls: again(4), want: `{}`, waits: 5 * time.Second,
			machine: retried(`{"ErrorEquals":["broken"],"BackoffRate":3,"MaxDelaySeconds":2}`),
			script:  script{"work": {"fail broken", "fail broken", "fail broken", "echo"}},
		},
		{
			name: "retry: the delays are drawn by chance", calls: again(3), want: `{}`,
			waits: 4 * time.Second,
			machine: retried(`{"ErrorEquals":["broken"],"IntervalSeconds":2,"BackoffRate":1,
				"JitterStrategy":"FULL"}`),
			script: script{"work": {"fail broken", "fail broken", "echo"}}, chance: true,
		},
		{
			name: "retry: no chance", calls: again(2), want: `{}`, waits: time.Second,
			machine: retried(`{"ErrorEquals":["broken"],"JitterStrategy":"NONE"}`),
			script:  script{"work": {"fail broken", "echo"}},
		},
		{
			name: "retry: each retrier counts for itself", calls: again(4),
			want: failed("a", told("a", "told")),
			machine: retried(`{"ErrorEquals":["a"],"MaxAttempts":1,"BackoffRate":1},
				{"ErrorEquals":["b"],"MaxAttempts":2,"BackoffRate":1}`),
			script: script{"work": {"fail b", "fail a", "fail b", "fail a"}}, waits: 3 * time.Second,
		},
		{
			name: "retry: the first that matches decides", calls: again(2), want: broken, waits: time.Second,
			machine: retried(`{"ErrorEquals":["broken"],"MaxAttempts":1},{"ErrorEquals":["States.ALL"]}`),
			script:  script{"work": {"fail broken"}},
		},
		{
			name: "retry: any error", calls: again(2), want: `{}`, waits: time.Second,
			machine: retried(`{"ErrorEquals":["States.ALL"]}`),
			script:  script{"work": {"fail broken", "echo"}},
		},
		{
			name: "retry: any failed task", calls: again(2), want: `{}`, waits: time.Second,
			machine: retried(`{"ErrorEquals":["States.TaskFailed"]}`),
			script:  script{"work": {"fail broken", "echo"}},
		},
		{
			name: "retry: a missing path is not tried again", want: `error States.Runtime`,
			machine: last(task + `,"InputPath":"$.nope","Retry":[{"ErrorEquals":["States.ALL"]}]`),
			differs: map[string]string{miniStackName: nulls},
		},
		{
			name: "retry: a task that is late", calls: again(2), want: `{}`, waits: 2 * time.Second,
			machine: last(task + `,"TimeoutSeconds":1,"Retry":[{"ErrorEquals":["States.Timeout"]}]`),
			script:  script{"work": {"late", "echo"}},
		},
		{
			name: "a task that is late", calls: again(1), want: `error States.Timeout`, waits: time.Second,
			machine: last(task + `,"TimeoutSeconds":1`), script: script{"work": {"late"}},
		},
		{
			name: "retry: states count for themselves", want: `{}`, waits: 2 * time.Second,
			machine: `{"StartAt":"A","States":{
				"A":{` + task + `,"Retry":[` + transient + `],"Next":"B"},
				"B":{"Type":"Task","Resource":"${more}","Retry":[` + transient + `],"End":true}}}`,
			script: script{"work": {"fail Transient", "echo"}, "more": {"fail Transient", "echo"}},
			calls:  []string{"work {}", "work {}", "more {}", "more {}"},
		},
		crashed("Lambda.Unknown"), crashed("Runtime.ExitError"), crashed("Sandbox.Timedout"),
	}
}

// crashed is a task whose function dies in a way that Lambda names so.
func crashed(name string) example {
	return example{
		name: "retry: " + name, want: `{}`, calls: again(2), waits: time.Second,
		machine: retried(`{"ErrorEquals":["` + name + `"]}`),
		script:  script{"work": {"fail " + name, "echo"}},
	}
}

func catchExamples() []example {
	const fail = task + `,"InputPath":"$.s"`
	const both = `{"ErrorEquals":["other"],"Next":"D"},{"ErrorEquals":["States.ALL"],"Next":"C"}`
	caught := func(fields, catchers string) string {
		return `{"StartAt":"S","States":{"S":{` + fields + `,"End":true,"Catch":[` + catchers + `]},
			"C":{"Type":"Pass","End":true},"D":{"Type":"Pass","Result":"D","End":true}}}`
	}
	broken := script{"work": {"fail broken"}}
	calls := []string{"work 5"}
	e := `{"Error":"broken","Cause":` + quoted(told("broken", "told")) + `}`
	all := []example{
		{name: "the error is the output", machine: caught(fail, both), want: e},
		{
			name: "ResultPath", want: `{"s":5,"e":` + e + `}`,
			machine: caught(fail, `{"ErrorEquals":["broken"],"ResultPath":"$.e","Next":"C"},`+both),
		},
		{
			name: "ResultPath null", want: `{"s":5}`,
			machine: caught(fail, `{"ErrorEquals":["broken"],"ResultPath":null,"Next":"C"},`+both),
		},
		{
			name: "any failed task", want: `"D"`,
			machine: caught(fail, `{"ErrorEquals":["States.TaskFailed"],"Next":"D"},`+both),
		},
		{
			name: "the first that matches", want: `"D"`,
			machine: caught(fail, `{"ErrorEquals":["more","broken"],"Next":"D"},`+both),
		},
		{
			name: "nobody", want: failed("broken", told("broken", "told")),
			machine: caught(fail, `{"ErrorEquals":["more"],"Next":"D"},{"ErrorEquals":["less"],"Next":"C"}`),
		},
		{
			name: "after the retries", want: `"D"`, calls: []string{"work 5", "work 5"}, waits: time.Second,
			machine: caught(fail+`,"Retry":[{"ErrorEquals":["broken"],"MaxAttempts":1}]`,
				`{"ErrorEquals":["broken"],"Next":"D"},`+both),
		},
		{
			name: "OutputPath is not for errors", want: `{"s":5,"e":` + e + `}`,
			machine: caught(fail+`,"OutputPath":"$.s"`,
				`{"ErrorEquals":["broken"],"ResultPath":"$.e","Next":"C"},`+both),
		},
		{
			name: "a missing path is not caught", want: `error States.Runtime`, calls: []string{},
			machine: caught(task+`,"InputPath":"$.nope"`, both),
			differs: map[string]string{miniStackName: nulls},
		},
		{
			name: "a late task", want: `{"Error":"States.Timeout","Cause":""}`, waits: time.Second,
			machine: caught(fail+`,"TimeoutSeconds":1`, both), script: script{"work": {"late"}},
		},
		{
			name: "a second failure", want: failed("worse", told("worse", "told")),
			calls: []string{"work 5", "more " + e},
			machine: `{"StartAt":"S","States":{"S":{` + fail + `,"End":true,"Catch":[` + both + `]},
				"C":{"Type":"Task","Resource":"${more}","End":true},"D":{"Type":"Succeed"}}}`,
			script: script{"work": {"fail broken"}, "more": {"fail worse"}},
		},
	}
	for i := range all {
		all[i].name, all[i].input = "catch: "+all[i].name, `{"s":5}`
		if all[i].script == nil {
			all[i].script = broken
		}
		if all[i].calls == nil {
			all[i].calls = calls
		}
	}
	return all
}
