package coldstart

import (
	"fmt"
	"maps"
	"os"
	"runtime"
	"slices"
	"strings"
)

const pageStart = `# Cold start

Written by ~MULTIPOINT_STACK=1 go test -count=1 ./test/coldstart -write~; do not edit. What it costs to begin
with a Lambda function, beside one that does nothing (~hello~, ~lambda.Start~ alone, built the same way).

Zip files, both processors: at most %.0f MB: %s. Own time to the first answer: at most %.0f ms: %s.

`

// pageHead are the titles of the columns; figures are milliseconds.
const pageHead = "| function | zip amd64, MB | arm64, MB | hello | function | from–to | more than hello | " +
	"services | requests | **own** | CPU |\n|---|" + "---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n"

const pageEnd = `
Milliseconds, medians of %d rounds on %s, %d cores, load %s, %s.
In each round the demo retailer's day runs in an empty cloud. Every function of it is begun once, in a
process of its own under AWS's Lambda runtime interface emulator, with the event that it gets on that day,
and does its work; hello is begun right before or after it, by turns.

- **hello**, **function**: from the call of a function of which no process runs to its answer: starting the
  process, its initialisation, the first request. The emulator's own time is in both.
- **services**: while at least one request was at a service: S3, KMS, SQS, SES and Step Functions of
  MiniStack, DynamoDB Local. On AWS they take other times, in the same number of **requests**.
- **own**: function − services − hello, by round: initialisation, and what the code of the first request
  computes, its clients of AWS included. This is what the limit is for. Each column has its own median, so
  they need not add up.
- **CPU**: what the threads of the function's process computed until the answer, less hello's. Waiting
  for a core that somebody else has is not in it, so it tells a busy machine from a slow function.

Not in it: TLS, which the emulators do not speak; loading the zip file and starting the environment, which
Lambda does before; arm64, which is built and weighed, but not started; a share of a core, which Lambda gives
functions with less than 1,769 MB after their initialisation.
`

// page writes docs/coldstart.md.
func page(found map[string]*figures, rounds int, amd, arm map[string]int64) string {
	var out strings.Builder
	largest := max(slices.Max(slices.Collect(maps.Values(amd))), slices.Max(slices.Collect(maps.Values(arm))))
	fmt.Fprintf(&out, code(pageStart), maxZip/1e6, verdict(largest <= maxZip), maxStart,
		verdict(len(slowOnes(found)) == 0))
	out.WriteString(pageHead)
	for _, name := range slices.Sorted(maps.Keys(found)) {
		f := found[name]
		more := make([]float64, len(f.took))
		for i := range more {
			more[i] = f.took[i] - f.hello[i]
		}
		fmt.Fprintf(&out, "| %s | %.1f | %.1f | %.1f | %.1f | %.1f–%.1f ", name, float64(amd[name])/1e6,
			float64(arm[name])/1e6, median(f.hello), median(f.took), slices.Min(f.took), slices.Max(f.took))
		fmt.Fprintf(&out, "| %.1f | %.1f | %d | **%.1f** | %.1f |\n", median(more), median(f.waited),
			f.requests, median(f.own), median(f.cpu))
	}
	fmt.Fprintf(&out, pageEnd, rounds, processor(), runtime.NumCPU(), load(), runtime.Version())
	return out.String()
}

// code writes Go's raw strings with the quotes that Markdown has for code.
func code(text string) string { return strings.ReplaceAll(text, "~", "`") }

func verdict(held bool) string {
	if held {
		return "held"
	}
	return "**not held**"
}

// slowOnes are the functions whose own time is more than is allowed.
func slowOnes(found map[string]*figures) (names []string) {
	for _, name := range slices.Sorted(maps.Keys(found)) {
		if median(found[name].own) > maxStart {
			names = append(names, name)
		}
	}
	return names
}

// load is how many threads wanted a core in the last fifteen minutes, on average.
func load() string {
	text, _ := os.ReadFile("/proc/loadavg") // "0.10 0.20 0.30 1/99 1234"
	if fields := strings.Fields(string(text)); len(fields) > 2 {
		return fields[2]
	}
	return "unknown"
}

func processor() string {
	text, _ := os.ReadFile("/proc/cpuinfo") // where there is none, the architecture must do
	for line := range strings.Lines(string(text)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return runtime.GOARCH
}
