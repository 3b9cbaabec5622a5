package roles

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/mail"
	"regexp"
	"strings"
)

// Place is where a role's calls are made.
type Place struct {
	Account, Region string
	// Keys are the ARNs of the KMS keys of buckets and tables, by their names: S3 and DynamoDB use them in
	// the name of who calls.
	Keys map[string]string
}

// Calls tells what a request asks IAM for, by the documentation of the services ("Actions, resources, and
// condition keys"): all of it must be allowed. body is empty for requests to S3. Error: a request that it
// does not know.
func (p *Place) Calls(r *http.Request, body []byte) ([]Call, error) {
	service := serviceOf(r)
	if service == "s3" {
		return p.toS3(r)
	}
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	if service == "ses" {
		operation = r.Method + " " + r.URL.Path
	}
	var in input
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, fmt.Errorf("%s %s: %w", service, operation, err)
	}
	switch service {
	case "dynamodb":
		return p.toDynamoDB(operation, &in)
	case "kms":
		return p.toKMS(operation, &in)
	case "sqs":
		if operation == "SendMessage" || operation == "SendMessageBatch" {
			name := in.QueueURL[strings.LastIndexByte(in.QueueURL, '/')+1:]
			return []Call{{"sqs:SendMessage", p.arn("sqs", name), nil}}, nil
		}
	case "states":
		switch operation {
		case "StartExecution":
			return []Call{{"states:StartExecution", in.StateMachine, nil}}, nil
		case "DescribeExecution":
			return []Call{{"states:DescribeExecution", in.Execution, nil}}, nil
		}
	case "ses":
		return p.toSES(operation, &in)
	}
	return nil, fmt.Errorf("unknown request %s %s", service, operation)
}

// input is what counts of the requests that have JSON bodies.
type input struct {
	TableName     string
	IndexName     string
	RequestItems  map[string]json.RawMessage
	TransactItems []map[string]struct{ TableName string }

	KeyID             string `json:"KeyId"`
	EncryptionContext map[string]string

	QueueURL string `json:"QueueUrl"`

	StateMachine string `json:"stateMachineArn"`
	Execution    string `json:"executionArn"`

	From             string `json:"FromEmailAddress"`
	ConfigurationSet string `json:"ConfigurationSetName"`
	Content          struct{ Raw json.RawMessage }
}

var scope = regexp.MustCompile(`Credential=[^/]+/\d+/[^/]+/([^/]+)/aws4_request`)

// serviceOf is the service that a request was signed for.
func serviceOf(r *http.Request) string {
	m := scope.FindStringSubmatch(r.Header.Get("Authorization"))
	if m == nil {
		return ""
	}
	return m[1]
}

func (p *Place) arn(service, name string) string {
	return "arn:aws:" + service + ":" + p.Region + ":" + p.Account + ":" + name
}

// toS3 tells the calls of a request in path style.
func (p *Place) toS3(r *http.Request) ([]Call, error) {
	bucket, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	on, asked := "arn:aws:s3:::"+bucket, r.URL.Query()
	if key != "" {
		on += "/" + key
	}
	call := func(action string) Call { return Call{"s3:" + action, on, nil} }
	kms := func(actions ...string) (out []Call) {
		return p.through("s3", bucket, actions...)
	}
	switch {
	case key == "" && (r.Method == http.MethodHead || r.Method == http.MethodGet && asked.Has("list-type")):
		return []Call{call("ListBucket")}, nil
	case asked.Has("versionId"), asked.Has("tagging"), asked.Has("acl"), asked.Has("retention"), key == "":
	case r.Method == http.MethodGet:
		return append(kms("kms:Decrypt"), call("GetObject")), nil
	case r.Method == http.MethodHead: // as S3 asks for a read, but the key only for what it is encrypted by
		return append(kms("kms:Decrypt"), call("GetObject")), nil
	case r.Method == http.MethodDelete && asked.Has("uploadId"):
		return []Call{call("AbortMultipartUpload")}, nil
	case r.Method == http.MethodDelete:
		return []Call{call("DeleteObject")}, nil
	case asked.Has("uploads") || asked.Has("uploadId"): // parts are decrypted when they are put together
		return append(kms("kms:GenerateDataKey", "kms:Decrypt"), p.written(r, call)...), nil
	case r.Method == http.MethodPut && r.Header.Get("X-Amz-Copy-Source") == "":
		return append(kms("kms:GenerateDataKey"), p.written(r, call)...), nil
	}
	return nil, fmt.Errorf("unknown request s3 %s %s", r.Method, r.URL)
}

// written are the calls of a request that writes, by its headers.
func (p *Place) written(r *http.Request, call func(string) Call) []Call {
	out := []Call{call("PutObject")}
	for header, action := range map[string]string{
		"X-Amz-Object-Lock-Mode": "PutObjectRetention", "X-Amz-Object-Lock-Legal-Hold": "PutObjectLegalHold",
		"X-Amz-Tagging": "PutObjectTagging", "X-Amz-Acl": "PutObjectAcl", "If-Match": "GetObject",
	} {
		if r.Header.Get(header) != "" {
			out = append(out, call(action))
		}
	}
	return out
}

// through are uses of the key of a bucket or table by its service.
func (p *Place) through(service, name string, actions ...string) (out []Call) {
	via := context("kms:ViaService", service+"."+p.Region+".amazonaws.com")
	for _, action := range actions {
		if key := p.Keys[name]; key != "" {
			out = append(out, Call{action, key, via})
		}
	}
	return out
}

// toDynamoDB tells the calls on tables. Who reads a table with a key of the account must be allowed to use
// the key through DynamoDB as the developer's guide lists it.
func (p *Place) toDynamoDB(operation string, in *input) (out []Call, err error) {
	on := func(action, table string) {
		resource := p.arn("dynamodb", "table/"+table)
		if in.IndexName != "" {
			resource += "/index/" + in.IndexName
		}
		out = append(out, Call{"dynamodb:" + action, resource, nil})
		keys := []string{"kms:DescribeKey", "kms:Decrypt"}
		if action != "GetItem" && action != "BatchGetItem" && action != "Query" {
			keys = append(keys, "kms:Encrypt", "kms:GenerateDataKey", "kms:ReEncryptFrom", "kms:ReEncryptTo")
		}
		out = append(out, p.through("dynamodb", table, keys...)...)
	}
	switch operation {
	case "GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query":
		on(operation, in.TableName)
	case "BatchGetItem", "BatchWriteItem":
		for table := range in.RequestItems {
			on(operation, table)
		}
	case "TransactWriteItems":
		for _, item := range in.TransactItems {
			for kind, one := range item {
				action, ok := map[string]string{
					"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem",
					"ConditionCheck": "ConditionCheckItem",
				}[kind]
				if !ok {
					return nil, fmt.Errorf("unknown part %s of a transaction", kind)
				}
				on(action, one.TableName)
			}
		}
	default:
		return nil, fmt.Errorf("unknown request dynamodb %s", operation)
	}
	return out, nil
}

func (p *Place) toKMS(operation string, in *input) ([]Call, error) {
	switch operation {
	case "Encrypt", "Decrypt", "GenerateDataKey":
	default:
		return nil, fmt.Errorf("unknown request kms %s", operation)
	}
	named := map[string]string{}
	for name, value := range in.EncryptionContext {
		named = with(named, context("kms:EncryptionContext:"+name, value))
	}
	return []Call{{"kms:" + operation, in.KeyID, named}}, nil
}

// toSES tells the calls of a mail: one of raw content asks for ses:SendRawEmail.
func (p *Place) toSES(operation string, in *input) ([]Call, error) {
	from, err := mail.ParseAddress(in.From)
	if operation != "POST /v2/email/outbound-emails" || err != nil {
		return nil, fmt.Errorf("unknown request ses %s from %q: %w", operation, in.From, err)
	}
	action := "ses:SendEmail"
	if in.Content.Raw != nil {
		action = "ses:SendRawEmail"
	}
	sender := context("ses:FromAddress", from.Address)
	_, domain, _ := strings.Cut(from.Address, "@")
	out := []Call{{action, p.arn("ses", "identity/"+domain), sender}}
	if in.ConfigurationSet != "" {
		out = append(out, Call{action, p.arn("ses", "configuration-set/"+in.ConfigurationSet), sender})
	}
	return out, nil
}
