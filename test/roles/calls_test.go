package roles

import (
	"net/http"
	"slices"
	"strings"
	"testing"
)

var place = &Place{
	Account: "1", Region: "r",
	Keys: map[string]string{"b": "arn:aws:kms:r:1:key/s3", "t": "arn:aws:kms:r:1:key/db"},
}

// asked is a request that is signed for a service.
func asked(t *testing.T, service, method, url string, headers ...string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, "http://127.0.0.1"+url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=K/20261122/r/"+service+
		"/aws4_request, SignedHeaders=host, Signature=0")
	for pair := range slices.Chunk(headers, 2) {
		r.Header.Set(pair[0], pair[1])
	}
	return r
}

func TestCallsOfRequestsToS3(t *testing.T) {
	const object = " on arn:aws:s3:::b/runs/A/x"
	const key = " on arn:aws:kms:r:1:key/s3"
	for _, c := range []struct {
		method, url string
		headers     []string
		want        string // sorted, with commas; empty = it is refused
	}{
		{"GET", "/b/runs/A/x", nil, "kms:Decrypt" + key + ",s3:GetObject" + object},
		{"HEAD", "/b/runs/A/x", nil, "kms:Decrypt" + key + ",s3:GetObject" + object},
		{"PUT", "/b/runs/A/x", nil, "kms:GenerateDataKey" + key + ",s3:PutObject" + object},
		{
			"PUT", "/b/runs/A/x",
			[]string{"X-Amz-Object-Lock-Mode", "GOVERNANCE"},
			"kms:GenerateDataKey" + key + ",s3:PutObject" + object + ",s3:PutObjectRetention" + object,
		},
		{
			"POST", "/b/runs/A/x?uploads=", nil,
			"kms:Decrypt" + key + ",kms:GenerateDataKey" + key + ",s3:PutObject" + object,
		},
		{"DELETE", "/b/runs/A/x?uploadId=1", nil, "s3:AbortMultipartUpload" + object},
		{"DELETE", "/b/runs/A/x", nil, "s3:DeleteObject" + object},
		{"DELETE", "/b/runs/A/x?versionId=1", nil, ""},
		{"GET", "/b/runs/A/x?versionId=1", nil, ""},
		{"PUT", "/b/runs/A/x?tagging", nil, ""},
		{"PUT", "/b/runs/A/x", []string{"X-Amz-Copy-Source", "/b/y"}, ""},
		{"POST", "/b?delete", nil, ""},
		{"GET", "/b?list-type=2", nil, "s3:ListBucket on arn:aws:s3:::b"},
		{"GET", "/plain/x", nil, "s3:GetObject on arn:aws:s3:::plain/x"},
		{"GET", "/b?policy", nil, ""},
	} {
		check(t, asked(t, "s3", c.method, c.url, c.headers...), "", c.want)
	}
}

func TestCallsOfRequestsWithJSON(t *testing.T) {
	const table, key = " on arn:aws:dynamodb:r:1:table/t", " on arn:aws:kms:r:1:key/db"
	const reads = ",kms:Decrypt" + key + ",kms:DescribeKey" + key
	const writes = ",kms:Decrypt" + key + ",kms:DescribeKey" + key + ",kms:Encrypt" + key +
		",kms:GenerateDataKey" + key + ",kms:ReEncryptFrom" + key + ",kms:ReEncryptTo" + key
	for _, c := range []struct{ service, target, body, want string }{
		{"dynamodb", "D.GetItem", `{"TableName":"t"}`, "dynamodb:GetItem" + table + reads},
		{
			"dynamodb", "D.Query", `{"TableName":"t","IndexName":"i"}`,
			"dynamodb:Query" + table + "/index/i" + reads,
		},
		{
			"dynamodb", "D.BatchWriteItem", `{"RequestItems":{"t":[]}}`,
			"dynamodb:BatchWriteItem" + table + writes,
		},
		{
			"dynamodb", "D.TransactWriteItems", `{"TransactItems":[{"Put":{"TableName":"t"}}]}`,
			"dynamodb:PutItem" + table + writes,
		},
		{
			"dynamodb", "D.TransactWriteItems", `{"TransactItems":[{"ConditionCheck":{"TableName":"t"}}]}`,
			"dynamodb:ConditionCheckItem" + table + writes,
		},
		{"dynamodb", "D.Scan", `{"TableName":"t"}`, ""},
		{"kms", "K.Encrypt", `{"KeyId":"arn:k"}`, "kms:Encrypt on arn:k"},
		{"kms", "K.ScheduleKeyDeletion", `{"KeyId":"arn:k"}`, ""},
		{"sqs", "S.SendMessageBatch", `{"QueueUrl":"http://h/1/q"}`, "sqs:SendMessage on arn:aws:sqs:r:1:q"},
		{"sqs", "S.PurgeQueue", `{"QueueUrl":"http://h/1/q"}`, ""},
		{"states", "S.StartExecution", `{"stateMachineArn":"arn:m"}`, "states:StartExecution on arn:m"},
		{"states", "S.DescribeExecution", `{"executionArn":"arn:e"}`, "states:DescribeExecution on arn:e"},
		{"iam", "I.PutRolePolicy", `{}`, ""},
		{"dynamodb", "D.GetItem", `{`, ""},
	} {
		check(t, asked(t, c.service, http.MethodPost, "/", "X-Amz-Target", c.target), c.body, c.want)
	}
	const mail = "/v2/email/outbound-emails"
	check(t, asked(t, "ses", http.MethodPost, mail),
		`{"FromEmailAddress":"P <p@x.example>","ConfigurationSetName":"s","Content":{"Raw":{"Data":""}}}`,
		"ses:SendRawEmail on arn:aws:ses:r:1:configuration-set/s,"+
			"ses:SendRawEmail on arn:aws:ses:r:1:identity/x.example")
	check(t, asked(t, "ses", http.MethodPost, mail), `{"Content":{"Raw":{"Data":""}}}`, "")
}

func check(t *testing.T, r *http.Request, body, want string) {
	t.Helper()
	calls, err := place.Calls(r, []byte(body))
	var got []string
	for _, c := range calls {
		got = append(got, c.String())
		if strings.HasPrefix(c.Action, "ses:") && c.Context["ses:fromaddress"] != "p@x.example" {
			t.Errorf("%v: context %v", c, c.Context)
		}
	}
	slices.Sort(got)
	if strings.Join(got, ",") != want || (err != nil) != (want == "") {
		t.Errorf("%s %s %s: got %v, %v; want %s", r.Method, r.URL, body, got, err, want)
	}
}
