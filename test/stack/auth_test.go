package stack

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"multipoint/shared/cloud"
	"multipoint/shared/day"
	"multipoint/test/emulator"
	"multipoint/test/roles"
)

// guarded is a deployed stack whose functions reach services through gates only, each by its role.
type guarded struct {
	mini     *emulator.Mini
	policies map[string]roles.Policy // by function, as deployed
	gates    map[string]*roles.Gate
}

// tableEndpoint is the setting that a function finds the table's emulator by (useDynamoDB).
const tableEndpoint = "AWS_ENDPOINT_URL_DYNAMODB"

// guard puts a gate between each function and the emulators.
func guard(t *testing.T, mini *emulator.Mini, p *cloud.Program) *guarded {
	t.Helper()
	g := &guarded{mini: mini, policies: map[string]roles.Policy{}, gates: map[string]*roles.Gate{}}
	place := &roles.Place{Account: emulator.Account, Region: emulator.Region, Keys: keysOf(t, mini)}
	for _, name := range []string{p.Settings.Objects, p.Settings.Inbox, p.Settings.Table} {
		if place.Keys[name] == "" {
			t.Fatalf("%s has no key: %v", name, place.Keys)
		}
	}
	services, err := url.Parse(mini.URL)
	if err != nil {
		t.Fatal(err)
	}
	var table *url.URL
	for _, f := range functions(t) {
		g.policies[f] = deployedPolicy(t, mini, f)
		gate := roles.NewGate(place, g.policies[f], func(service string) *url.URL {
			if service == "dynamodb" {
				return table
			}
			return services
		})
		g.gates[f] = gate
		server := httptest.NewServer(gate)
		t.Cleanup(server.Close)
		settings := settingsOf(t, mini, f)
		if table == nil && settings[tableEndpoint] != "" {
			if table, err = url.Parse(settings[tableEndpoint]); err != nil {
				t.Fatal(err)
			}
		}
		for _, service := range []string{"DYNAMODB", "KMS", "S3", "SESV2", "SFN", "SQS"} {
			settings["AWS_ENDPOINT_URL_"+service] = server.URL // the emulator overwrites the one for all
		}
		body := asJSON(t, map[string]any{"Environment": map[string]any{"Variables": settings}})
		request(t, mini, "lambda", http.MethodPut, configuration(f), nil, string(body))
	}
	return g
}

// keysOf are the ARNs of the keys that the template gives buckets and tables, by the names of these.
func keysOf(t *testing.T, mini *emulator.Mini) map[string]string {
	t.Helper()
	stack := url.Values{"StackName": {"multipoint-" + environment}, "Action": {"GetTemplate"}}
	var answer struct {
		Template  string `xml:"GetTemplateResult>TemplateBody"`
		Resources []struct {
			ID   string `xml:"LogicalResourceId"`
			Name string `xml:"PhysicalResourceId"`
		} `xml:"DescribeStackResourcesResult>StackResources>member"`
	}
	for _, action := range []string{"GetTemplate", "DescribeStackResources"} {
		stack.Set("Action", action)
		if err := xml.Unmarshal(query(t, mini, stack), &answer); err != nil {
			t.Fatal(err)
		}
	}
	var template struct {
		Resources map[string]struct {
			Type       string
			Properties json.RawMessage
		}
	}
	if err := json.Unmarshal([]byte(answer.Template), &template); err != nil {
		t.Fatal(err)
	}
	names, out := map[string]string{}, map[string]string{}
	for _, r := range answer.Resources {
		names[r.ID] = r.Name
	}
	key := regexp.MustCompile(`"KMSMasterKeyI[dD]":\s*\{\s*"Fn::GetAtt":\s*\[\s*"(\w+)"`)
	for id, r := range template.Resources {
		m := key.FindSubmatch(r.Properties)
		if m != nil && (r.Type == "AWS::S3::Bucket" || r.Type == "AWS::DynamoDB::Table") {
			out[names[id]] = "arn:aws:kms:" + emulator.Region + ":" + emulator.Account + ":key/" +
				names[string(m[1])]
		}
	}
	return out
}

// deployedPolicy is the policy of a function's role, all names filled in.
func deployedPolicy(t *testing.T, mini *emulator.Mini, function string) (out roles.Policy) {
	t.Helper()
	role := "multipoint-" + environment + "-" + function
	ask := func(action string, more ...string) []byte {
		values := url.Values{"Action": {action}, "RoleName": {role}, "Version": {"2010-05-08"}}
		if len(more) > 0 {
			values.Set("PolicyName", more[0])
		}
		return request(t, mini, "iam", http.MethodPost, "/",
			http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, values.Encode())
	}
	var list struct {
		Names    []string `xml:"ListRolePoliciesResult>PolicyNames>member"`
		Attached []string `xml:"ListAttachedRolePoliciesResult>AttachedPolicies>member>PolicyArn"`
		Document string   `xml:"GetRolePolicyResult>PolicyDocument"`
	}
	read := func(answer []byte) {
		if err := xml.Unmarshal(answer, &list); err != nil {
			t.Fatal(err)
		}
	}
	read(ask("ListRolePolicies"))
	read(ask("ListAttachedRolePolicies"))
	if len(list.Attached) > 0 || len(list.Names) == 0 {
		t.Fatalf("role %s has the policies %v and %v, want some of its own", role, list.Names, list.Attached)
	}
	for _, name := range list.Names {
		read(ask("GetRolePolicy", name))
		document, err := url.QueryUnescape(list.Document)
		if err != nil {
			t.Fatal(err)
		}
		policy, err := roles.Parse([]byte(document))
		if err != nil {
			t.Fatalf("role %s: %v", role, err)
		}
		out = append(out, policy...)
	}
	return out
}

// granted is a permission of a function: its statement's Sid and the action, in the resource the folder of
// the bucket if there is one. It is what a reason is given for.
func granted(g roles.Grant) string {
	_, folder, _ := strings.Cut(strings.TrimSuffix(g.Resource, "/*"), "/")
	if g.Action == "s3:GetObject" || g.Action == "s3:PutObject" {
		return g.Sid + " " + g.Action + " " + folder
	}
	return g.Sid + " " + g.Action
}

// unneeded are the grants that no call used and that nobody gave a reason for, and the reasons that no grant
// needs.
func (g *guarded) unneeded() (out []string) {
	open := map[string]bool{}
	for name := range unusedBecause {
		function, _, _ := strings.Cut(name, ":")
		open[name] = function == "*" || g.policies[function] != nil
	}
	for function, policy := range g.policies {
		used := g.gates[function].Used()
		for _, grant := range policy.Grants() {
			if used[grant] > 0 {
				continue
			}
			reason := ""
			for _, name := range []string{
				"*: " + grant.Sid, "*: " + granted(grant), function + ": " + granted(grant), function + ": *",
			} {
				if unusedBecause[name] != "" {
					reason = unusedBecause[name]
					delete(open, name)
				}
			}
			if reason == "" {
				out = append(out, function+": "+granted(grant)+" is not needed")
			}
		}
	}
	for name, is := range open {
		if is {
			out = append(out, name+" has a reason and needs none")
		}
	}
	slices.Sort(out)
	return out
}

// wantDenied compares what gates refused with what they should have: function and call.
func (g *guarded) wantDenied(t *testing.T, want ...string) {
	t.Helper()
	var got []string
	for _, f := range slices.Sorted(maps.Keys(g.gates)) {
		for _, call := range g.gates[f].Denied() {
			got = append(got, f+": "+call)
		}
	}
	if got = slices.Compact(got); !slices.Equal(got, want) {
		t.Errorf("denied:\n\t%s\nwant:\n\t%s", strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
}

// The demo's day, an answer and the watch run with the roles of the template as they are
// deployed, each function's calls let through by its own role only: they are enough, and what they allow
// beyond that has its reason. A permission that is taken away stops the day where it is needed.
func TestTheDayWithEnforcedRoles(t *testing.T) {
	emulator.OnlyFull(t)
	mini := emulator.MiniStack(t, "SFN_WAIT_SCALE=0.1")
	p := deploy(t, mini)
	g := guard(t, mini, p)
	t.Cleanup(func() {
		if t.Failed() {
			printed(t, mini, functions(t)...)
		}
	})
	t.Run("they are enough", func(t *testing.T) {
		deployedDay(t, mini, p, retailer, false)
		answered(t, p)
		g.wantDenied(t)
	})
	t.Run("one is taken away", func(t *testing.T) {
		g.stoppedDay(t, p, retailer+"-2")
		invoke(t, mini, "watch", "{}")
		g.wantDenied(t)
	})
	t.Run("they are no more", func(t *testing.T) {
		for _, what := range g.unneeded() {
			t.Error(what)
		}
	})
}

// answered runs an answer to the first provider's file, as the operator's request starts it.
func answered(t *testing.T, p *cloud.Program) {
	t.Helper()
	service, err := p.Service(t.Context(), retailer)
	if err != nil {
		t.Fatal(err)
	}
	m, err := service.Manifest(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	answer := &day.AnswerFile{Content: "00"}
	for i := range m.Providers {
		if f := &m.Providers[i]; f.FileNo > 0 && f.Entries > 0 {
			answer.Provider = f.Provider
			answer.Lines = []day.AnswerLine{{Line: 1, FileNo: f.FileNo, Sequence: 1}}
		}
	}
	run, err := service.OpenAnswer(t.Context(), answer)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Start(t.Context(), service, run); err != nil {
		t.Fatal(err)
	}
	eventually(t, 4*time.Minute, "the answer is run", func(ctx context.Context) (bool, error) {
		run, err = service.Run(ctx, run.Run)
		return run.State == day.Closed || run.State == day.Stopped, err
	})
	if run.State != day.Closed {
		t.Errorf("the answer is %s: %s", run.State, run.Reason)
	}
}

// stoppedDay runs a day in which settle may not write that it is done. It ends as one that an operator has to
// look at, and says what was denied.
func (g *guarded) stoppedDay(t *testing.T, p *cloud.Program, code string) {
	t.Helper()
	g.gates["settle"].SetPolicy(g.policies["settle"].Without("Table", "dynamodb:PutItem"))
	defer g.gates["settle"].SetPolicy(g.policies["settle"])
	service, err := p.NewRetailer(t.Context(), code)
	if err != nil {
		t.Fatal(err)
	}
	publish(t, service)
	for _, f := range demoFiles(t) {
		upload(t, p.Inbox, code, &f)
	}
	var run *day.Run
	eventually(t, 4*time.Minute, "the day is stopped", func(ctx context.Context) (bool, error) {
		if run == nil { // until its files are in
			invoke(t, g.mini, "open", `{"open":"all"}`)
		}
		run, err = service.DayRun(ctx, runDate())
		return run != nil && (run.State == day.Stopped || run.State == day.Closed), err
	})
	if run.State != day.Stopped || !strings.Contains(run.Reason, "dynamodb:PutItem") {
		t.Errorf("the day is %s: %s", run.State, run.Reason)
	}
	g.wantDenied(t, "settle: dynamodb:PutItem on arn:aws:dynamodb:"+emulator.Region+":"+emulator.Account+
		":table/"+p.Settings.Table)
}

// unusedBecause says why a function may do what none of these runs made it do: by function, or * for all
// that have it.
var unusedBecause = map[string]string{
	"*: ":        "Lambda sends traces in the function's name",
	"*: Log":     "Lambda writes the log in the function's name",
	"*: Receive": "Lambda reads the queue in the function's name",
	"*: Lost":    "Lambda sends what failed in the function's name",

	"*: Mail ses:SendEmail":            "documented for the operation; raw mails ask for SendRawEmail",
	"*: Table dynamodb:BatchGetItem":   "earlier transactions and counters; a first day has none",
	"*: Write s3:AbortMultipartUpload": "large uploads that fail",

	// Keys that the test or another function made before.
	"*: Wrap kms:Encrypt":        "the first who needs a data key makes it",
	"*: Write s3:PutObject keys": "as Wrap",
	"*: Read s3:GetObject keys":  "the demo's keys for references and proofs are public",
	"*: Unwrap kms:Decrypt":      "as Read of keys",
	"*: StorageKey kms:Decrypt":  "as Read of keys",

	"intake: Read s3:GetObject arrivals":    "an upload that is told twice",
	"intake: Table dynamodb:DeleteItem":     "a message that failed and comes again",
	"intake: Write s3:PutObject refused":    "uploads that are nobody's",
	"mail: Mail ses:SendRawEmail":           "the demo's day sends no mails; the watch does",
	"open: Start states:StartExecution":     "of answers; nothing starts one from here yet",
	"open: Follow states:DescribeExecution": "as Start",
	"feedback: *":                           "there is no news of mails that were not sent",
	"operate: *":                            "orders of operators are no part of a day",
}
