package main

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// Regions. Data is in Japan only (SPEC A23): Tokyo, and copies of backups in Osaka. What CloudFront needs in
// Virginia are rules without data.
const (
	tokyo    = "ap-northeast-1"
	osaka    = "ap-northeast-3"
	virginia = "us-east-1"
)

// settings are what an environment differs by. Each is a context value of the CDK (-c name=value).
type settings struct {
	env     string // dev or prod
	account string // 12 digits
	arch    string // arm64 ships; amd64 for emulators
	// emulator leaves out what stands around the product and no emulator knows: content delivery, backup,
	// trail, intrusion detection.
	emulator bool

	functions   string // folder of the built functions: <arch>/<name>/bootstrap
	placeholder bool   // functions that are not built are an empty program, to look at the template alone

	domain      string   // where the screens are; empty in dev = CloudFront's own name
	certificate string   // ARN of the domain's certificate, in us-east-1
	allowed     []string // networks that may reach the screens (SPEC A22), as 192.0.2.0/24
	mailFrom    string   // sender of all mails; its domain is verified with SES
	operator    string   // the operator's mail address, for alarms

	// quota is how many executions of functions the account may have at a time; the functions share it out
	// (functions.go). 0 = nothing is reserved, for accounts with too few.
	quota int
	// days is how many retailers' days are computed at a time; others wait (docs/decisions/0010). 0 = no
	// limit.
	days int
	// malware has GuardDuty scan uploads before intake hears of them.
	malware bool
	// intrusion makes a GuardDuty detector; an account has at most one, so it may be there already.
	intrusion bool

	// endpoint is where an emulator answers for all services, as functions reach it: http://127.0.0.1:4566.
	// On AWS it is empty.
	endpoint string

	// demo stops the clock of all functions at a moment (RFC 3339) and makes keys public: for rehearsals that
	// must come to known digests. Never in prod, but for emulators.
	demo string
}

// prod says whether what is made is kept when the stack goes.
func (c *settings) prod() bool { return c.env == "prod" }

// name gives the physical name of something that must be known before it is made.
func (c *settings) name(what string) string { return "multipoint-" + c.env + "-" + what }

var (
	accountForm = regexp.MustCompile(`\A[0-9]{12}\z`)
	addressForm = regexp.MustCompile(`\A[^@\s]+@([^@\s]+)\z`)
	networkForm = regexp.MustCompile(`\A[0-9a-fA-F.:]+/[0-9]{1,3}\z`)
)

// readSettings reads context values. Error: one that is missing or wrong, by its name.
func readSettings(context func(name string) any) (*settings, error) {
	text := func(name, otherwise string) string {
		if v := context(name); v != nil {
			return fmt.Sprint(v)
		}
		return otherwise
	}
	c := &settings{
		env: text("env", "dev"), account: text("account", ""), arch: text("arch", "arm64"),
		functions: text("functions", filepath.Join("..", "..", "build", "functions")),
		domain:    text("domain", ""), certificate: text("certificate", ""), demo: text("demo", ""),
		endpoint: text("endpoint", ""),
		mailFrom: text("mailFrom", ""), operator: text("operator", ""),
	}
	c.emulator = text("emulator", "false") == "true"
	c.placeholder = text("placeholder", "false") == "true"
	c.malware = text("malware", strconv.FormatBool(c.prod())) == "true" && !c.emulator
	c.intrusion = text("intrusion", strconv.FormatBool(c.prod())) == "true" && !c.emulator
	if list := text("allowed", ""); list != "" {
		c.allowed = strings.Split(list, ",")
	}
	var err error
	if c.quota, err = strconv.Atoi(text("quota", "1000")); err != nil {
		return nil, fmt.Errorf("context quota: %w", err)
	}
	if c.days, err = strconv.Atoi(text("days", "60")); err != nil {
		return nil, fmt.Errorf("context days: %w", err)
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	return c, nil
}

func (c *settings) check() error {
	switch {
	case c.env != "dev" && c.env != "prod":
		return fmt.Errorf("context env: %q is not dev or prod", c.env)
	case !accountForm.MatchString(c.account):
		return fmt.Errorf("context account: %q is not 12 digits", c.account)
	case c.arch != "arm64" && c.arch != "amd64":
		return fmt.Errorf("context arch: %q is not arm64 or amd64", c.arch)
	case c.quota != 0 && c.quota < 200:
		return fmt.Errorf("context quota: %d is less than 200; 0 reserves nothing", c.quota)
	case c.days < 0 || c.days > 1000: // more Map runs an account may not have open
		return fmt.Errorf("context days: %d is not from 0 to 1000", c.days)
	case !addressForm.MatchString(c.mailFrom):
		return fmt.Errorf("context mailFrom: %q is no mail address", c.mailFrom)
	case !addressForm.MatchString(c.operator):
		return fmt.Errorf("context operator: %q is no mail address", c.operator)
	case (c.domain == "") != (c.certificate == ""):
		return fmt.Errorf("context domain and certificate: both or none")
	case c.endpoint != "" && !c.emulator:
		return fmt.Errorf("context endpoint: for emulators only")
	case c.demo != "" && c.prod() && !c.emulator:
		return fmt.Errorf("context demo: not in prod")
	case c.prod() && c.domain == "" && !c.emulator:
		return fmt.Errorf("context domain: in prod it is needed, or viewers could use TLS 1.0")
	}
	for _, network := range c.allowed {
		if !networkForm.MatchString(network) {
			return fmt.Errorf("context allowed: %q is no network", network)
		}
	}
	return nil
}

// mailDomain is the domain of the sender.
func (c *settings) mailDomain() string { return addressForm.FindStringSubmatch(c.mailFrom)[1] }
