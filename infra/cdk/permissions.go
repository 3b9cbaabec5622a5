package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/jsii-runtime-go"
)

// permissions are what one function may do, and nothing else: one role each, built from this table. They
// follow shared/day and shared/cloud, step by step.
type permissions struct {
	reads  []string // prefixes of the objects bucket
	writes []string // so too: creates objects, or puts a new version
	// locks are prefixes on whose objects it may put a retention: manifests and proofs.
	locks []string
	inbox inboxUse
	table []string // actions on the table
	wraps bool     // makes new data keys; who reads keys/ may unwrap them in any case
	sends []string // queues
	mails bool
	start bool // executions of both state machines
	count bool // how many executions of days run
	items bool // which items of Map states failed, and why
}

// inboxUse is what a function does with uploads.
type inboxUse uint8

const (
	noInbox inboxUse = iota
	listInbox
	takeInbox // lists, reads and removes
)

// What lies where in the objects bucket (DESIGN §4).
const (
	held     = "held"     // uploads, in sealed chunks
	arrivals = "arrivals" // their records
	refused  = "refused"  // records of uploads that are nobody's
	masters  = "masters"
	members  = "members"
	wrapped  = "keys" // data keys, wrapped
	runs     = "runs" // pins, parts, manifests, proofs
	outbox   = "outbox"
	requests = "requests" // of answers and adjustments
)

// Actions on the table. What one transaction writes needs the same as single writes.
const (
	getItem    = "dynamodb:GetItem"
	getItems   = "dynamodb:BatchGetItem"
	query      = "dynamodb:Query"
	putItem    = "dynamodb:PutItem"    // with a condition
	updateItem = "dynamodb:UpdateItem" // without one
	putItems   = "dynamodb:BatchWriteItem"
	deleteItem = "dynamodb:DeleteItem"
)

// pinned is what a step reads before it begins: what its run fixed. wrapped is in it for the keyed hashes.
var pinned = []string{runs, masters, members, wrapped}

// looks and notes are the table actions of a step: reading its run, and recording that it is done.
var (
	looks = []string{getItem}
	notes = []string{getItem, putItem}
)

// may is the table. A function that is missing here may only write its log.
var may = map[string]permissions{
	"intake": {
		reads: []string{masters, held, arrivals, wrapped}, writes: []string{held, arrivals, refused, wrapped},
		inbox: takeInbox, wraps: true,
		table: []string{getItem, query, putItem, updateItem, deleteItem},
	},
	"open": {
		reads: []string{runs, masters, wrapped}, writes: []string{runs, wrapped}, wraps: true,
		inbox: listInbox,
		table: []string{getItem, query, putItem}, sends: []string{"open", "intake"}, start: true, count: true,
	},
	"plan": {reads: pinned, writes: []string{runs, wrapped}, wraps: true, table: looks},
	"convert": {
		reads: append([]string{held}, pinned...), writes: []string{runs, wrapped}, wraps: true, table: looks,
	},
	"check": {reads: pinned, writes: []string{runs, wrapped}, wraps: true, table: notes},
	"rate": {
		reads: pinned, writes: []string{runs, wrapped}, wraps: true, table: []string{getItem, getItems},
	},
	"allocate": {
		reads: pinned, writes: []string{runs, wrapped}, wraps: true,
		table: []string{getItem, getItems, putItem},
	},
	"grant": {
		reads: pinned, writes: []string{runs, wrapped}, wraps: true, table: []string{getItem, getItems},
	},
	"files":  {reads: pinned, writes: []string{runs, wrapped}, wraps: true, table: notes},
	"settle": {reads: pinned, writes: []string{runs}, locks: []string{runs}, table: notes},
	"post": {
		reads: append([]string{requests}, pinned...), writes: []string{runs, wrapped}, wraps: true,
		table: []string{getItem, getItems, query, putItem, putItems, deleteItem},
	},
	"deliver": {reads: pinned, writes: []string{outbox}, table: notes},
	"mail":    {reads: append([]string{arrivals}, pinned...), table: notes, mails: true},
	"close": {
		reads: pinned, writes: []string{runs}, locks: []string{runs},
		table: []string{getItem, query, putItem},
	},
	"stop": {reads: []string{wrapped}, table: notes, items: true},
	"answer": {
		reads: append([]string{requests}, pinned...), writes: []string{runs, wrapped}, locks: []string{runs},
		wraps: true, table: []string{getItem, getItems, query, putItem},
	},
	"watch":    {reads: []string{masters, wrapped}, table: []string{getItem, query, putItem}, mails: true},
	"feedback": {reads: []string{wrapped}, table: []string{getItem, query, putItem}},
	// A run whose opening was interrupted is opened by its resume: as open. A void is a manifest.
	"operate": {
		reads: []string{runs, masters, wrapped}, writes: []string{runs, wrapped}, locks: []string{runs},
		wraps: true, table: []string{getItem, query, putItem}, start: true,
	},
	// The screens that there are so far show nothing of anybody: they may do nothing.
	"screens": {},
}

// statements are the permissions of a function as its role's policy has them. Each has a Sid, by which
// wildcards.go gives the reason for a wildcard in it.
func (s *surroundings) statements(c *settings, f *function, log awslogs.LogGroup) []awsiam.PolicyStatement {
	p := may[f.name]
	out := []awsiam.PolicyStatement{
		allow("Log", resources(*log.LogGroupArn()), "logs:CreateLogStream", "logs:PutLogEvents"),
	}
	out = append(out, s.onObjects(&p)...)
	if len(p.table) > 0 {
		out = append(out, allow("Table", resources(*s.ledger.table.TableArn()), p.table...),
			through("TableKey", s.ledger.key, "dynamodb", tableKeyActions(p.table)...))
	}
	if len(p.sends) > 0 {
		arns := []string{}
		for _, name := range p.sends {
			arns = append(arns, *map[string]*string{
				"open": s.queues.open.QueueArn(), "intake": s.queues.intake.QueueArn(),
			}[name])
		}
		out = append(out, allow("Send", arns, "sqs:SendMessage"))
	}
	if p.mails {
		out = append(out, awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
			Sid: jsii.String("Mail"), Actions: jsii.Strings("ses:SendEmail", "ses:SendRawEmail"),
			Resources: jsii.Strings(
				c.arn("ses", "identity/"+c.mailDomain()), c.arn("ses", "configuration-set/"+c.name("mail"))),
			Conditions: &map[string]any{"StringEquals": map[string]any{"ses:FromAddress": c.mailFrom}},
		}))
	}
	if p.start {
		out = append(out,
			allow("Start", []string{c.machineARN("day"), c.machineARN("answer")}, "states:StartExecution"),
			allow("Follow", []string{c.executionARN("day"), c.executionARN("answer")},
				"states:DescribeExecution"))
	}
	if p.count {
		out = append(out, allow("Count", []string{c.machineARN("day")}, "states:ListExecutions"))
	}
	if p.items { // only days have Map states
		out = append(out,
			allow("Maps", []string{c.executionARN("day")}, "states:ListMapRuns"),
			allow("Items", []string{c.mapRunARN("day")}, "states:ListExecutions"),
			allow("ItemExecutions", []string{c.childrenARN("day")}, "states:DescribeExecution"))
	}
	return append(out, s.received(f)...)
}

// received are what it takes to be called by a queue, and to leave what failed where it is seen.
func (s *surroundings) received(f *function) []awsiam.PolicyStatement {
	from := map[string]*string{
		"intake": s.queues.intake.QueueArn(), "open": s.queues.open.QueueArn(),
		"feedback": s.queues.feedback.QueueArn(),
	}
	var out []awsiam.PolicyStatement
	if arn := from[f.name]; arn != nil {
		out = append(out, allow("Receive", resources(*arn),
			"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"))
	}
	if f.name == "open" || f.name == "watch" { // the scheduler calls them asynchronously
		out = append(out, allow("Lost", resources(*s.queues.lost.QueueArn()), "sqs:SendMessage"))
	}
	return out
}

// onObjects are the permissions on both buckets and the keys behind them.
func (s *surroundings) onObjects(p *permissions) []awsiam.PolicyStatement {
	bucket := *s.store.objects.BucketArn()
	var out []awsiam.PolicyStatement
	if len(p.reads) > 0 {
		out = append(out,
			// Without it S3 answers 403, not 404, for an object that is not there. Keys name nobody.
			allow("List", resources(bucket), "s3:ListBucket"),
			allow("Read", under(bucket, p.reads), "s3:GetObject"),
			// Keys are wrapped in the context of their path: for anything else this one is of no use.
			inContext("Unwrap", s.wrapping, "kms:Decrypt"))
	}
	if len(p.writes) > 0 {
		out = append(out, allow("Write", under(bucket, p.writes), "s3:PutObject", "s3:AbortMultipartUpload"))
	}
	if len(p.locks) > 0 {
		out = append(out, allow("Lock", under(bucket, p.locks), "s3:PutObjectRetention"))
	}
	if p.wraps {
		out = append(out, inContext("Wrap", s.wrapping, "kms:Encrypt"))
	}
	inbox := *s.store.inbox.BucketArn()
	if p.inbox != noInbox {
		out = append(out, allow("ListInbox", resources(inbox), "s3:ListBucket"))
	}
	if p.inbox == takeInbox {
		out = append(out, allow("TakeInbox", resources(inbox+"/*"), "s3:GetObject", "s3:DeleteObject"))
	}
	if len(p.reads)+len(p.writes) > 0 {
		actions := []string{"kms:Decrypt"}
		if len(p.writes) > 0 {
			actions = append(actions, "kms:GenerateDataKey")
		}
		out = append(out, through("StorageKey", s.store.key, "s3", actions...))
	}
	return out
}

// tableKeyActions are what DynamoDB does with the table's key in the name of who reads or writes items.
func tableKeyActions(table []string) []string {
	for _, action := range table {
		switch action {
		case putItem, updateItem, putItems, deleteItem:
			return []string{
				"kms:DescribeKey", "kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey",
				"kms:ReEncryptFrom", "kms:ReEncryptTo",
			}
		}
	}
	return []string{"kms:DescribeKey", "kms:Decrypt"}
}

func allow(sid string, resources []string, actions ...string) awsiam.PolicyStatement {
	return awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid: jsii.String(sid), Actions: jsii.Strings(actions...), Resources: jsii.Strings(resources...),
	})
}

func resources(arns ...string) []string { return arns }

// under are the objects under prefixes of a bucket.
func under(bucket string, prefixes []string) []string {
	out := make([]string, len(prefixes))
	for i, p := range prefixes {
		out[i] = bucket + "/" + p + "/*"
	}
	return out
}

// through allows a key's use only by a service of AWS that does its work for the function.
func through(sid string, key awskms.Key, service string, actions ...string) awsiam.PolicyStatement {
	return awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid: jsii.String(sid), Actions: jsii.Strings(actions...), Resources: jsii.Strings(*key.KeyArn()),
		Conditions: &map[string]any{
			"StringEquals": map[string]any{"kms:ViaService": service + "." + tokyo + ".amazonaws.com"},
		},
	})
}

// inContext allows a key's use only with the encryption context of shared/keys/kms.
func inContext(sid string, key awskms.Key, actions ...string) awsiam.PolicyStatement {
	return awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid: jsii.String(sid), Actions: jsii.Strings(actions...), Resources: jsii.Strings(*key.KeyArn()),
		Conditions: &map[string]any{
			"Null": map[string]any{"kms:EncryptionContext:multipoint": "false"},
		},
	})
}
