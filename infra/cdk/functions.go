package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// function is one folder of functions/.
type function struct {
	name      string
	memoryMB  float64 // 1769 is one processor, and steps use one
	seconds   float64 // that a call may take
	scratchMB float64 // of temporary files
	// share is how many executions at a time are reserved, of 900: those that an account with the usual quota
	// of 1,000 may reserve. A spread step's is the MaxConcurrency of its Map.
	share float64
	needs []string // settings that it reads beside those that all do (environment)
	step  bool     // a state machine calls it
}

const (
	oneProcessor = 1769
	moreMemory   = 3008
	smallScratch = 512
	largeScratch = 4096
	longest      = 900 // seconds, Lambda's limit
	shares       = 900
)

// daysOfProofs is how long nobody may remove a run's manifest and proof: as long as its backups (SPEC A25).
const daysOfProofs = 186

// functions are all functions, in the order of a day.
var functions = []function{
	{
		name: "intake", memoryMB: oneProcessor, seconds: longest, scratchMB: smallScratch, share: 15,
		needs: []string{"INBOX"},
	},
	{
		name: "open", memoryMB: oneProcessor, seconds: 60, scratchMB: smallScratch, share: 5,
		needs: []string{"INBOX", "DAY_FLOW", "ANSWER_FLOW", "OPEN_QUEUE", "INBOX_QUEUE", "DAYS"},
	},
	step("plan", oneProcessor, smallScratch, 5),
	step("convert", oneProcessor, largeScratch, 256),
	step("check", moreMemory, smallScratch, 5),
	step("rate", oneProcessor, largeScratch, 256),
	step("allocate", moreMemory, largeScratch, 5),
	step("grant", oneProcessor, largeScratch, 256),
	step("files", oneProcessor, smallScratch, 40),
	step("settle", moreMemory, smallScratch, 5, "RETAIN_DAYS"),
	step("post", moreMemory, largeScratch, 10),
	step("deliver", oneProcessor, smallScratch, 5),
	step("mail", oneProcessor, smallScratch, 5, mailSettings...),
	step("close", oneProcessor, smallScratch, 5, "RETAIN_DAYS"),
	step("stop", oneProcessor, smallScratch, 5, "DAY_FLOW", "ANSWER_FLOW"),
	step("answer", moreMemory, smallScratch, 2, "RETAIN_DAYS"),
	{
		name: "watch", memoryMB: oneProcessor, seconds: 300, scratchMB: smallScratch, share: 1,
		needs: mailSettings,
	},
	{name: "feedback", memoryMB: oneProcessor, seconds: 60, scratchMB: smallScratch, share: 3},
	{
		name: "operate", memoryMB: oneProcessor, seconds: 60, scratchMB: smallScratch, share: 1,
		needs: []string{"DAY_FLOW", "ANSWER_FLOW", "RETAIN_DAYS"},
	},
	{
		name: "screens", memoryMB: oneProcessor, seconds: 29, scratchMB: smallScratch, share: 15,
		needs: []string{"ORIGIN"},
	},
}

// step is a function that a state machine calls.
func step(name string, memoryMB, scratchMB, share float64, needs ...string) function {
	return function{
		name: name, memoryMB: memoryMB, seconds: longest, scratchMB: scratchMB, share: share, needs: needs,
		step: true,
	}
}

// mailSettings are what those who send mails are told.
var mailSettings = []string{"MAIL_FROM", "MAIL_SET", "OPERATOR", "SITE"}

// functionNamed gives the function of that name.
func functionNamed(name string) *function {
	for _, f := range functions {
		if f.name == name {
			return &f
		}
	}
	panic("no function " + name) // unreachable: names are written in this package, and a test asks for each
}

// surroundings are what functions work with.
type surroundings struct {
	store    *storage
	ledger   *ledger
	wrapping awskms.Key
	queues   *queues
	mailing  *mailing
	origin   *origin
}

// built are the functions as they are deployed, by name.
type built struct {
	lambda map[string]awslambda.Function
	logs   map[string]awslogs.LogGroup
}

// newFunctions makes all functions, each with its role and its log. Error: one that is not built.
func newFunctions(scope constructs.Construct, c *settings, s *surroundings) (*built, error) {
	scope = constructs.NewConstruct(scope, jsii.String("Functions"))
	out := &built{lambda: map[string]awslambda.Function{}, logs: map[string]awslogs.LogGroup{}}
	for i := range functions {
		f := &functions[i]
		folder, err := c.program(f.name)
		if err != nil {
			return nil, err
		}
		log := awslogs.NewLogGroup(scope, jsii.String(f.name+"-log"), &awslogs.LogGroupProps{
			LogGroupName:  jsii.String("/multipoint/" + c.env + "/" + f.name),
			Retention:     awslogs.RetentionDays_THIRTEEN_MONTHS, // 400 days, as access logs
			RemovalPolicy: c.kept(),
		})
		out.logs[f.name] = log
		out.lambda[f.name] = awslambda.NewFunction(scope, jsii.String(f.name), &awslambda.FunctionProps{
			FunctionName: jsii.String(c.name(f.name)),
			Description:  jsii.String("multipoint " + c.env + ": " + f.name),
			Runtime:      awslambda.Runtime_PROVIDED_AL2023(), Handler: jsii.String("bootstrap"),
			Architecture: c.architecture(),
			Code:         awslambda.Code_FromAsset(jsii.String(folder), nil),
			MemorySize:   jsii.Number(f.memoryMB), Timeout: awscdk.Duration_Seconds(jsii.Number(f.seconds)),
			EphemeralStorageSize:         awscdk.Size_Mebibytes(jsii.Number(f.scratchMB)),
			ReservedConcurrentExecutions: c.reserved(f),
			Environment:                  s.environment(c, f),
			Role:                         newRole(scope, c, f, log, s),
			LogGroup:                     log,
			Tracing:                      awslambda.Tracing_ACTIVE,
		})
	}
	return out, nil
}

// reserved is how many executions of a function are kept for it, nil = it shares what is left.
func (c *settings) reserved(f *function) *float64 {
	if c.quota == 0 {
		return nil
	}
	const unreserved = 100 // Lambda keeps as many for functions without a reservation
	n := int(f.share) * (c.quota - unreserved) / shares
	return jsii.Number(max(1, n))
}

func (c *settings) architecture() awslambda.Architecture {
	if c.arch == "amd64" {
		return awslambda.Architecture_X86_64()
	}
	return awslambda.Architecture_ARM_64()
}

// program gives the folder of a built function.
func (c *settings) program(name string) (string, error) {
	folder := filepath.Join(c.functions, c.arch, name)
	_, err := os.Stat(filepath.Join(folder, "bootstrap"))
	switch {
	case err == nil:
		return folder, nil
	case c.placeholder:
		return filepath.Join("testdata", "placeholder"), nil
	}
	return "", fmt.Errorf("function %s is not built: make functions (%w)", name, err)
}

// environment is what a function is told: what all need, and what it names itself.
func (s *surroundings) environment(c *settings, f *function) *map[string]*string {
	all := map[string]*string{
		"INBOX": s.store.inbox.BucketName(), "OPEN_QUEUE": s.queues.open.QueueUrl(),
		"INBOX_QUEUE": s.queues.intake.QueueUrl(), "DAY_FLOW": jsii.String(c.machineARN("day")),
		"ANSWER_FLOW": jsii.String(c.machineARN("answer")), "MAIL_FROM": jsii.String(c.mailFrom),
		"MAIL_SET": s.mailing.set.Ref(), "OPERATOR": jsii.String(c.operator), "SITE": jsii.String(c.site()),
		"ORIGIN": s.origin.proof, "RETAIN_DAYS": jsii.String(strconv.Itoa(daysOfProofs)),
		"DAYS": jsii.String(strconv.Itoa(c.days)),
	}
	out := map[string]*string{
		"MULTIPOINT_OBJECTS": s.store.objects.BucketName(), "MULTIPOINT_TABLE": s.ledger.table.TableName(),
		"MULTIPOINT_KEY": s.wrapping.KeyArn(),
		// The collector works harder before the function is ended for its memory.
		"GOMEMLIMIT": jsii.String(fmt.Sprintf("%dMiB", int(f.memoryMB)*9/10)),
	}
	for _, name := range f.needs {
		value := all[name]
		if value == nil {
			panic("no setting " + name) // unreachable: a test makes every function
		}
		if *value != "" {
			out["MULTIPOINT_"+name] = value
		}
	}
	if c.endpoint != "" {
		out["AWS_ENDPOINT_URL"] = jsii.String(c.endpoint)
	}
	if c.demo != "" {
		out["MULTIPOINT_DEMO"], out["MULTIPOINT_NOW"] = jsii.String("true"), jsii.String(c.demo)
	}
	return &out
}

// site is where the screens are, empty if that is not known before they are made.
func (c *settings) site() string {
	if c.domain == "" {
		return ""
	}
	return "https://" + c.domain
}

// newRole makes the role of one function: what permissions.go says, and its own log.
func newRole(
	scope constructs.Construct, c *settings, f *function, log awslogs.LogGroup, s *surroundings,
) awsiam.Role {
	role := awsiam.NewRole(scope, jsii.String(f.name+"-role"), &awsiam.RoleProps{
		RoleName:    jsii.String(c.name(f.name)),
		Description: jsii.String("what function " + f.name + " may do"),
		AssumedBy:   awsiam.NewServicePrincipal(jsii.String("lambda.amazonaws.com"), nil),
	})
	for _, statement := range s.statements(c, f, log) {
		role.AddToPolicy(statement)
	}
	return role
}

// sidOf makes a text fit for a statement's id: letters and digits.
func sidOf(text string) string {
	var out strings.Builder
	upper := true
	for _, r := range text {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			if upper {
				r = []rune(strings.ToUpper(string(r)))[0]
			}
			out.WriteRune(r)
			upper = false
			continue
		}
		upper = true
	}
	return out.String()
}
