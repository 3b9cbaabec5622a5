package cloud

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	kmsapi "github.com/aws/aws-sdk-go-v2/service/kms"
	s3api "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"multipoint/shared/day"
	"multipoint/shared/fault"
	"multipoint/shared/flow/stepfunctions"
	"multipoint/shared/keys"
	"multipoint/shared/keys/kms"
	"multipoint/shared/keys/local"
	"multipoint/shared/mail"
	"multipoint/shared/mail/ses"
	"multipoint/shared/object"
	"multipoint/shared/object/s3"
	"multipoint/shared/seal"
	"multipoint/shared/table"
	"multipoint/shared/table/dynamo"
)

// Program is everything of a function, put together.
type Program struct {
	Settings *Settings
	Objects  *s3.Store
	Inbox    *s3.Store // nil without MULTIPOINT_INBOX
	Table    table.Table
	Keys     keys.Keys
	Sender   mail.Sender         // nil without MULTIPOINT_MAIL_FROM
	Flow     *stepfunctions.Flow // nil without state machines
	Log      *slog.Logger

	queues  *sqs.Client
	metrics *metrics

	mu       sync.Mutex
	services map[string]*day.Service // by retailer
	full     time.Time               // when as many days ran as may, for the last time (room)
}

// Open reads the environment, of AWS too, and puts a program together. It sends nothing.
func Open(ctx context.Context) (*Program, error) {
	s, err := ReadSettings()
	if err != nil {
		return nil, err
	}
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return nil, fmt.Errorf("the environment: %w", err)
	}
	return New(cfg, s)
}

// New puts a program together over a configuration of AWS. Error: settings that are missing.
func New(cfg aws.Config, s *Settings) (*Program, error) {
	var lacking []string
	for _, given := range [][2]string{
		{"MULTIPOINT_OBJECTS", s.Objects}, {"MULTIPOINT_TABLE", s.Table}, {"MULTIPOINT_KEY", s.Key},
	} {
		if given[1] == "" {
			lacking = append(lacking, given[0])
		}
	}
	if lacking != nil {
		return nil, missing(lacking...)
	}
	log := newLog(s)
	p := &Program{
		Settings: s, Log: log, Objects: store(cfg, s.Objects, s.retain()), queues: sqs.NewFromConfig(cfg),
		metrics: &metrics{to: os.Stdout, now: time.Now}, services: map[string]*day.Service{},
	}
	p.Table = dynamo.New(dynamo.Options{
		Table: s.Table, Region: cfg.Region, Credentials: cfg.Credentials, Client: cfg.HTTPClient,
		// What the SDK would take, AWS_ENDPOINT_URL_DYNAMODB and the like: our client is made in another way.
		Endpoint: aws.ToString(dynamodb.NewFromConfig(cfg).Options().BaseEndpoint),
		Now:      func() int64 { return time.Now().Unix() },
		// What post writes in batches is never written by its version.
		Recount: true,
	})
	stored := keys.NewStored(kms.New(kmsapi.NewFromConfig(cfg), s.Key), p.Objects)
	p.Keys = stored
	if s.Demo {
		p.Keys = local.DemoKeys{Stored: stored}
	}
	if s.Inbox != "" {
		p.Inbox = store(cfg, s.Inbox, nil)
	}
	if s.MailFrom != "" {
		var err error
		p.Sender, err = ses.New(ses.Options{
			Client: sesv2.NewFromConfig(cfg), From: s.MailFrom, ConfigurationSet: s.MailSet,
		})
		if err != nil {
			return nil, fmt.Errorf("MULTIPOINT_MAIL_FROM: %w", err)
		}
	}
	if s.DayFlow != "" {
		p.Flow = stepfunctions.New(sfn.NewFromConfig(cfg), map[string]string{
			day.Day: s.DayFlow, day.Answer: s.AnswerFlow, day.Adjustment: s.AnswerFlow,
		})
	}
	return p, nil
}

func store(cfg aws.Config, bucket string, retain func(key string) time.Time) *s3.Store {
	return s3.New(s3.Options{
		Bucket: bucket, Region: cfg.Region, Credentials: cfg.Credentials, Client: cfg.HTTPClient,
		Endpoint: aws.ToString(s3api.NewFromConfig(cfg).Options().BaseEndpoint), Retain: retain,
	})
}

// provesRun is the key of a run's manifest (a void is one, too) or proof, as shared/day names them.
var provesRun = regexp.MustCompile(`\Aruns/[^/]+/[0-9]+/(manifest\.json|proof\.json|proof\.html)\z`)

// retain says how long an object must not be removed: manifests and proofs for the days of the settings, by
// the clock of the store, which a rehearsal does not stop. Everything else must stay destructible (R24).
func (s *Settings) retain() func(key string) time.Time {
	if s.RetainDays == 0 {
		return nil
	}
	return func(key string) time.Time {
		if !provesRun.MatchString(key) {
			return time.Time{}
		}
		return time.Now().AddDate(0, 0, s.RetainDays)
	}
}

// now is the clock.
func (p *Program) now() time.Time {
	if p.Settings.Demo && !p.Settings.Now.IsZero() {
		return p.Settings.Now
	}
	return time.Now()
}

// retailerCode is what a retailer's code may be, as part of a key.
var retailerCode = regexp.MustCompile(`\A[A-Za-z0-9_-]{1,32}\z`)

// Service gives the service of a retailer. Error: retailer.unknown for one that has no masters.
func (p *Program) Service(ctx context.Context, retailer string) (*day.Service, error) {
	if s := p.made(retailer); s != nil {
		return s, nil
	}
	known, err := p.known(ctx, retailer)
	if err != nil {
		return nil, err
	}
	if !known {
		return nil, fault.New(fault.RetailerUnknown, fmt.Sprintf("There is no retailer %.40q.", retailer))
	}
	return p.service(ctx, retailer)
}

// NewRetailer gives the service of a retailer that may have no masters yet.
func (p *Program) NewRetailer(ctx context.Context, retailer string) (*day.Service, error) {
	if !retailerCode.MatchString(retailer) {
		return nil, fault.New(fault.RetailerUnknown, fmt.Sprintf("%.40q is no code of a retailer.", retailer))
	}
	if s := p.made(retailer); s != nil {
		return s, nil
	}
	return p.service(ctx, retailer)
}

// made gives the service of a retailer if it was made before, else nil.
func (p *Program) made(retailer string) *day.Service {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.services[retailer]
}

// maxServices is how many retailers' services are kept: those of a thousand retailers, and of some more.
const maxServices = 2048

// service makes the service of a retailer. Those who make one at the same moment get the same.
func (p *Program) service(ctx context.Context, retailer string) (*day.Service, error) {
	parts, err := seal.New(ctx, p.Objects, p.Keys, retailer, seal.Options{Compress: true})
	if err != nil {
		return nil, err
	}
	s := &day.Service{
		Retailer: retailer, Objects: p.Objects, Parts: parts, Table: p.Table, Keys: p.Keys, Now: p.now,
		Log: p.Log, Sender: p.Sender, Site: p.Settings.Site,
	}
	if p.Settings.Operator != "" {
		s.Operator = strings.Split(p.Settings.Operator, ",")
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if faster := p.services[retailer]; faster != nil {
		return faster, nil
	}
	if len(p.services) >= maxServices {
		clear(p.services)
	}
	p.services[retailer] = s
	return s, nil
}

// known says whether a retailer has masters.
func (p *Program) known(ctx context.Context, retailer string) (bool, error) {
	if !retailerCode.MatchString(retailer) {
		return false, nil
	}
	there, err := p.Objects.List(ctx, "masters/"+retailer+"/", "", 1)
	return len(there) > 0, err
}

// Retailers calls visit for each retailer that has masters, by code, until an error.
func (p *Program) Retailers(ctx context.Context, visit func(retailer string) error) error {
	const prefix = "masters/"
	for after, last := "", ""; ; {
		page, err := p.Objects.List(ctx, prefix, after, object.MaxPage)
		if err != nil || len(page) == 0 {
			return err
		}
		for i := range page {
			retailer, _, ok := strings.Cut(strings.TrimPrefix(page[i].Key, prefix), "/")
			if !ok {
				return errors.New("object " + page[i].Key + " belongs to no retailer")
			}
			if retailer == last {
				continue
			}
			if err := visit(retailer); err != nil {
				return err
			}
			last = retailer
		}
		after = prefix + last + "0" // 0 follows the slash: behind everything of this retailer
	}
}
