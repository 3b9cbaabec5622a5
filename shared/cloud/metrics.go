package cloud

import (
	"encoding/json"
	"fmt"
	"io"
	"sync"
	"time"
)

// namespace of all metrics in CloudWatch.
const namespace = "multipoint"

// metrics writes figures as lines of the embedded metric format, which CloudWatch reads from the log: no call
// is made for them. No figure is about a person.
type metrics struct {
	mu  sync.Mutex
	to  io.Writer
	now func() time.Time
}

// figure is one value. Units are CloudWatch's: Count, Milliseconds, Bytes.
type figure struct {
	name, unit string
	value      float64
}

// write writes figures under one function and retailer; of steps under the step too.
func (m *metrics) write(dimensions map[string]string, figures ...figure) {
	type definition struct {
		Name string
		Unit string
	}
	names := make([]string, 0, len(dimensions))
	line := map[string]any{}
	for _, name := range []string{"Function", "Retailer"} { // one order, so that lines compare
		if value, ok := dimensions[name]; ok {
			names = append(names, name)
			line[name] = value
		}
	}
	definitions := make([]definition, len(figures))
	for i, f := range figures {
		definitions[i] = definition{f.name, f.unit}
		line[f.name] = f.value
	}
	line["_aws"] = map[string]any{
		"Timestamp": m.now().UnixMilli(),
		"CloudWatchMetrics": []any{map[string]any{
			"Namespace": namespace, "Dimensions": [][]string{names}, "Metrics": definitions,
		}},
	}
	b, err := json.Marshal(line)
	if err != nil {
		return // texts and numbers always are JSON
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	_, _ = fmt.Fprintf(m.to, "%s\n", b) // the log is all there is to tell it to
}

// took is how long a piece of work took.
func took(start, end time.Time) figure {
	return figure{"Duration", "Milliseconds", float64(end.Sub(start).Milliseconds())}
}
