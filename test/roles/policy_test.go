package roles

import (
	"strings"
	"testing"
)

const document = `{"Version":"2012-10-17","Statement":[
	{"Sid":"Read","Effect":"Allow","Action":"s3:GetObject",
		"Resource":["arn:aws:s3:::b/runs/*","arn:aws:s3:::b/keys/*"]},
	{"Sid":"Wrap","Effect":"Allow","Action":["kms:Encrypt","kms:Decrypt"],"Resource":"arn:aws:kms:r:1:key/k",
		"Condition":{"Null":{"kms:EncryptionContext:multipoint":"false"}}},
	{"Sid":"Mail","Effect":"Allow","Action":"ses:Send?mail","Resource":"*",
		"Condition":{"StringEquals":{"ses:FromAddress":["a@x.example","b@x.example"]}}},
	{"Sid":"Public","Effect":"Allow","Action":"sqs:*","Resource":"*",
		"Condition":{"Null":{"aws:tokenissuetime":"true"}}},
	{"Sid":"Never","Effect":"Deny","Action":"s3:*","Resource":"arn:aws:s3:::b/runs/secret/*"}]}`

func parsed(t *testing.T) Policy {
	t.Helper()
	p, err := Parse([]byte(document))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestAllows(t *testing.T) {
	p := parsed(t)
	key := "arn:aws:kms:r:1:key/k"
	for _, c := range []struct {
		call Call
		by   string // Sid, empty = it is denied
	}{
		{Call{"s3:GetObject", "arn:aws:s3:::b/runs/A/1/pins.json", nil}, "Read"},
		{Call{"S3:getobject", "arn:aws:s3:::b/keys/A", nil}, "Read"},
		{Call{"s3:GetObject", "arn:aws:s3:::b/RUNS/A", nil}, ""},
		{Call{"s3:GetObject", "arn:aws:s3:::b/runs", nil}, ""},
		{Call{"s3:GetObject", "arn:aws:s3:::bb/runs/A", nil}, ""},
		{Call{"s3:GetObjectVersion", "arn:aws:s3:::b/runs/A", nil}, ""},
		{Call{"s3:GetObject", "arn:aws:s3:::b/runs/secret/A", nil}, ""},
		{Call{"kms:Encrypt", key, context("kms:EncryptionContext:multipoint", "x")}, "Wrap"},
		{Call{"kms:Encrypt", key, context("kms:EncryptionContext:other", "x")}, ""},
		{Call{"kms:Encrypt", key, nil}, ""},
		{Call{"ses:SendEmail", "any", context("ses:FromAddress", "b@x.example")}, "Mail"},
		{Call{"ses:SendEmail", "any", context("ses:FromAddress", "c@x.example")}, ""},
		{Call{"ses:SendEmail", "any", nil}, ""},
		{Call{"ses:Sendmail", "any", context("ses:FromAddress", "b@x.example")}, ""}, // ? is one character
		{Call{"sqs:SendMessage", "any", nil}, "Public"},
		{Call{"sqs:SendMessage", "any", context("aws:TokenIssueTime", "now")}, ""},
	} {
		by, ok := p.Allows(c.call)
		if ok != (c.by != "") || ok && by[0].Sid != c.by {
			t.Errorf("%v %v: got %v, %v; want %q", c.call, c.call.Context, by, ok, c.by)
		}
	}
}

func TestGrantsAndWhatIsTakenAway(t *testing.T) {
	p := parsed(t)
	if got := len(p.Grants()); got != 6 {
		t.Errorf("got %d grants, want 2 to read, 2 to wrap, mail, queues: %v", got, p.Grants())
	}
	c := Call{"kms:Decrypt", "arn:aws:kms:r:1:key/k", context("kms:EncryptionContext:multipoint", "x")}
	less := p.Without("Wrap", "kms:Decrypt")
	if _, ok := less.Allows(c); ok {
		t.Error("it is still allowed")
	}
	c.Action = "kms:Encrypt"
	if _, ok := less.Allows(c); !ok {
		t.Error("the other action is gone too")
	}
	if len(p.Grants()) != 6 {
		t.Error("the policy itself changed")
	}
}

// What is not known must not be read as if it were not there: it may narrow what is allowed.
func TestUnknownPoliciesAreErrors(t *testing.T) {
	for old, changed := range map[string]string{
		`"Resource":"*"`:      `"NotResource":"x"`,
		`"StringEquals"`:      `"ArnLike"`,
		`"Effect":"Deny"`:     `"Effect":"deny"`,
		`"Action":"sqs:*"`:    `"NotAction":"sqs:*"`,
		`"Sid":"Read"`:        `"Sid":"Read","Principal":"*"`,
		`"ses:Send?mail",`:    `7,`,
		`"Version":"2012-10-`: `"Versions":"2012-10-`,
	} {
		text := strings.Replace(document, old, changed, 1)
		if text == document {
			t.Fatalf("%s is not in the document", old)
		}
		if p, err := Parse([]byte(text)); err == nil {
			t.Errorf("%s: got %v", changed, p)
		}
	}
}
