package flow

import (
	"math"
	"regexp"
	"strings"
	"time"
)

const (
	invokeResource = "arn:aws:states:::lambda:invoke"
	readerResource = "arn:aws:states:::s3:getObject"
)

var (
	// lambdaARN is the ARN of a function, or of parts of it that deployment fills in.
	lambdaARN = regexp.MustCompile(`^arn:[A-Za-z0-9${}:.-]+:lambda:[A-Za-z0-9${}:.-]+:function:([^:]+)$`)
	// functionName is a name, or the placeholder that stands for the name or ARN of that function.
	functionName = regexp.MustCompile(`^(?:\$\{([A-Za-z0-9_-]{1,64})\}|([A-Za-z0-9_-]{1,64}))$`)
	labelName    = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)
)

// readTask reads the fields of a Task.
func (f *fields) readTask(s *State) {
	t := &TaskFields{}
	s.Task = t
	f.need("Resource")
	resource := f.openText("Resource")
	if t.Invoke = resource == invokeResource; t.Invoke {
		f.readInvoke(t)
	} else {
		s.parameters = f.template("Parameters")
		if !strings.HasPrefix(resource, "arn:") && !strings.HasPrefix(resource, "${") {
			f.refuse("Resource", "%q is no ARN and no placeholder", resource)
		}
		t.Function = f.function("Resource", resource)
	}
	t.timeout = time.Duration(f.number("TimeoutSeconds", 1, MaxSeconds, 0)) * time.Second
	t.timeoutPath = f.path("TimeoutSecondsPath")
	if t.timeoutPath != nil && t.timeout != 0 {
		f.refuse("TimeoutSecondsPath", "stands beside TimeoutSeconds")
	}
	if t.timeoutPath != nil && f.given("InputPath") {
		f.refuse("TimeoutSecondsPath", "stands beside InputPath: it is not documented which is first")
	}
	// A function sends no heartbeats, neither on Lambda nor here: checked is only that it could be deployed.
	longest := int64(MaxSeconds)
	if t.timeout > 0 {
		longest = int64(t.timeout/time.Second) - 1
	}
	f.number("HeartbeatSeconds", 1, longest, 1)
}

// readInvoke reads the parameters of the Lambda integration.
func (f *fields) readInvoke(t *TaskFields) {
	parameters := f.inner("Parameters")
	if parameters == nil {
		f.refuse("Parameters", "must name the function")
		return
	}
	parameters.need("FunctionName")
	t.Function = parameters.function("FunctionName", parameters.openText("FunctionName"))
	t.payload = parameters.either("Payload", "Payload.$", func(value any) expression {
		return parameters.templateValue("Payload", value)
	})
	parameters.done()
}

// function gives the name of the task that a resource stands for, and notes it.
func (f *fields) function(field, resource string) string {
	name := resource
	if arn := lambdaARN.FindStringSubmatch(resource); arn != nil {
		name = arn[1]
	}
	found := functionName.FindStringSubmatch(name)
	if found == nil {
		f.refuse(field, "%q names no function: known are its ARN without version and ${name}", resource)
		return ""
	}
	name = found[1] + found[2]
	f.p.functions[name] = true
	return name
}

// either reads a value that is written or computed; nil if neither is there.
func (f *fields) either(written, computed string, read func(any) expression) expression {
	value, given := f.take(written)
	formula := f.text(computed)
	switch {
	case given && f.given(computed):
		f.refuse(computed, "stands beside %s", written)
	case given:
		return read(value)
	case f.given(computed):
		return f.parseExpression(computed, formula)
	}
	return nil
}

// failText reads Error or Cause of a Fail.
func (f *fields) failText(written, computed string) expression {
	return f.either(written, computed, func(any) expression { return literal{f.text(written)} })
}

// readWait reads the fields of a Wait.
func (f *fields) readWait() *WaitFields {
	w := &WaitFields{secondsPath: f.path("SecondsPath"), timestampPath: f.path("TimestampPath")}
	count := 0
	for _, name := range []string{"Seconds", "SecondsPath", "Timestamp", "TimestampPath"} {
		if f.given(name) {
			count++
		}
	}
	if count != 1 {
		f.refuse("Seconds", "must be there, or SecondsPath, Timestamp or TimestampPath, and only one of them")
	}
	if f.given("Seconds") {
		delay := time.Duration(f.number("Seconds", 0, MaxSeconds, 0)) * time.Second
		w.seconds = &delay
	}
	if f.given("Timestamp") {
		var ok bool
		if w.until, ok = timestamp(f.text("Timestamp")); !ok {
			f.refuse("Timestamp", "must be like 2026-04-01T06:00:00+09:00")
		}
	}
	return w
}

// readMap reads the fields of a Map.
func (f *fields) readMap() *MapFields {
	m := &MapFields{itemsPath: f.path("ItemsPath")}
	processor := f.inner("ItemProcessor")
	if processor == nil {
		f.refuse("ItemProcessor", "is missing (Iterator and Parameters are its old form)")
		return m
	}
	m.Distributed = processor.readConfig()
	limit := int64(MaxInline)
	if m.Distributed {
		limit = MaxChildren
	}
	m.Concurrency = int(f.number("MaxConcurrency", 0, limit, 0))
	if m.Concurrency == 0 {
		m.Concurrency = int(limit)
	}
	outer := f.p.inMap
	f.p.inMap = true
	m.itemSelector = f.template("ItemSelector")
	f.p.inMap = outer
	if m.Distributed {
		f.readDistributed(m)
	}
	f.p.inMap = !m.Distributed // a child execution does not know that it is one
	processor.text("Comment")
	m.Processor = processor.graph()
	processor.done()
	f.p.inMap = outer
	return m
}

// readConfig says whether the processor is distributed.
func (f *fields) readConfig() bool {
	config := f.inner("ProcessorConfig")
	if config == nil {
		return false
	}
	distributed := config.given("Mode") && config.needText("Mode", "INLINE", "DISTRIBUTED") == "DISTRIBUTED"
	if distributed {
		config.needText("ExecutionType", "STANDARD")
	}
	config.done()
	return distributed
}

// readDistributed reads what only a distributed Map has.
func (f *fields) readDistributed(m *MapFields) {
	m.Label = f.state
	if f.given("Label") {
		m.Label = f.text("Label")
		if !labelName.MatchString(m.Label) || len(m.Label) > maxLabel || f.p.labels[m.Label] {
			f.refuse("Label", "must have 1 to %d letters, digits, - and _ and be the only one", maxLabel)
		}
		f.p.labels[m.Label] = true
	}
	t := tolerance{}
	if f.given("ToleratedFailureCount") {
		count := f.number("ToleratedFailureCount", 0, math.MaxInt32, 0)
		t.count = &count
	}
	if f.given("ToleratedFailurePercentage") {
		percent := f.fraction("ToleratedFailurePercentage", 0, maxPercentage, 0)
		t.percent = &percent
	}
	if t.count != nil || t.percent != nil {
		m.tolerance = &t
	}
	reader := f.inner("ItemReader")
	if reader == nil {
		return
	}
	if f.given("ItemsPath") {
		f.refuse("ItemsPath", "stands beside ItemReader")
	}
	m.Reader = reader.readReader()
	reader.done()
}

// readReader reads an ItemReader: an object that holds a JSON array.
func (f *fields) readReader() *ReaderFields {
	r := &ReaderFields{}
	f.needText("Resource", readerResource)
	if config := f.inner("ReaderConfig"); config != nil {
		config.needText("InputType", "JSON")
		r.MaxItems = config.number("MaxItems", 1, MaxItems, 0)
		config.done()
	}
	f.need("ReaderConfig")
	f.need("Parameters")
	parameters := f.inner("Parameters")
	if parameters == nil {
		return r
	}
	r.bucket = parameters.either("Bucket", "Bucket.$", func(any) expression {
		return literal{parameters.openText("Bucket")}
	})
	r.key = parameters.either("Key", "Key.$", func(any) expression { return literal{parameters.text("Key")} })
	if r.bucket == nil || r.key == nil {
		parameters.refuse("", "must name Bucket and Key")
	}
	parameters.done()
	return r
}

// timestamp reads a time with its zone, in the form of RFC 3339 with T and Z in capitals.
func timestamp(value any) (time.Time, bool) {
	written, ok := value.(string)
	if !ok || strings.Contains(written, ",") {
		return time.Time{}, false
	}
	t, err := time.Parse(time.RFC3339, written)
	return t, err == nil
}
