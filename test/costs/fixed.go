package main

import (
	"fmt"
	"strings"
)

// monthly is what the stack costs in a month in which no day is run.
type monthly struct {
	what  string
	units float64
	usd   float64 // of one
	note  string
}

// How often Lambda asks the queues that call functions: each has five pollers, who wait 20 s for a message.
const (
	queues       = 3
	pollers      = 5
	pollsOfMonth = 730 * 3600 / 20
)

// fixed lists what is charged by the month; infra/cdk has each of them.
func fixed() []monthly {
	return []monthly{
		{"KMS keys", 6, 1.00, "storage, table, wrapping, trail, backups here and in Osaka; " +
			"each rotation adds one, two at most"},
		{"CloudWatch alarms", 65, 0.10, ""},
		{"CloudWatch metrics of copies to Osaka", 4, 0.30, "S3 counts them as one's own"},
		{"CloudWatch dashboard", 1, 3.00, ""},
		{"WAF: web ACL", 1, 5.00, "and 0.60 a million requests"},
		{"WAF: rules and AWS's own groups", 6, 1.00, ""},
		{
			"SQS: Lambda asks for messages", queues * pollers * pollsOfMonth, 0.40 / million,
			"three queues, five pollers each, every 20 s",
		},
		{"Secrets Manager", 1, 0.40, "the proof between CloudFront and the screens"},
	}
}

// byUse are charged by what people and the account do, which no day says.
func byUse() []monthly {
	return []monthly{
		{"CloudFront: 10,000 requests from Japan", 0, 0.012, "and 0.114 a GB"},
		{"HTTP API: a million requests", 0, 1.29, ""},
		{"GuardDuty: a million management events", 0, 4.72, "base 4.00; Lambda's network logs 1.18 a GB"},
		{"Transfer Family: a protocol, a month", 0, 219.00, "0.30 an hour, and 0.04 a GB; only if " +
			"switched on: the stack has none"},
	}
}

func fixedTable() string {
	var out strings.Builder
	out.WriteString("| what | how many | USD each | USD a month | |\n|---|---:|---:|---:|---|\n")
	sum := 0.0
	for _, m := range fixed() {
		sum += m.units * m.usd
		fmt.Fprintf(&out, "| %s | %s | %.4g | %.2f | %s |\n",
			m.what, grouped(m.units), m.usd, m.units*m.usd, m.note)
	}
	fmt.Fprintf(&out, "| **together, before anybody uses it** | | | **%.2f** | |\n", sum)
	for _, m := range byUse() {
		fmt.Fprintf(&out, "| %s | | %.4g | by use | %s |\n", m.what, m.usd, m.note)
	}
	return out.String()
}
