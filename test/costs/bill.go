package main

// entry is a line of a bill.
type entry struct {
	price
	units float64
	group group
}

// group is where an entry belongs.
type group uint8

const (
	ofDay   group = iota
	ofMail        // counted apart
	ofMonth       // for each month that what the day left is kept
)

func (e entry) usd() float64 { return e.of(e.units) }

// function is what the stack gives a function (infra/cdk/functions.go): memory in MB, temporary files in MB.
type function struct{ memoryMB, scratchMB float64 }

// configured gives the memory of a function. infra/cdk is a module of its own, so it is written twice; a test
// compares the two.
func configured(name string) function {
	f := function{1769, 512}
	switch name {
	case "check", "allocate", "settle", "post", "answer":
		f.memoryMB = 3008
	}
	switch name {
	case "convert", "rate", "allocate", "grant", "post":
		f.scratchMB = 4096
	}
	return f
}

// seconds is how long the calls of a function last: what was measured here, and what they wait for in the
// cloud, one request after the other but for items of the table.
func (s *Step) seconds() float64 {
	waits := s.Counts.Calls*coldStart + s.Counts.KeyRequests*keyWaits +
		(s.Counts.ObjectReads+s.Counts.ObjectWrites+s.Counts.ObjectDeletes)*objectWaits
	few := min(s.Counts.TableRequests, 20*s.Calls)
	items := float64(few*tableWaits) + float64((s.Counts.TableRequests-few)*tableWaits)/tableParallel
	return s.Took.Seconds() + (float64(waits)+items)/1000
}

// feedback is the function that hears of mails; what it costs is the mails'.
const feedback = "feedback"

// compute are the GB-seconds of memory and of temporary files, of all functions but feedback or of that one.
func (d *Day) compute(ofMails bool) (memory, scratch float64) {
	for name, s := range d.Steps {
		if (name == feedback) != ofMails {
			continue
		}
		f := configured(name)
		memory += s.seconds() * f.memoryMB / 1024
		scratch += s.seconds() * (f.scratchMB - 512) / 1024
	}
	return memory, scratch
}

// Compute is what Lambda takes of the day, in USD.
func (d *Day) Compute() float64 {
	memory, scratch := d.compute(false)
	calls := float64(d.Counts.Calls - d.News.Calls)
	return priceCompute().of(memory) + priceScratch().of(scratch) + priceCalls().of(calls)
}

// Sum is what the entries of a group cost, in USD.
func (d *Day) Sum(of group) (usd float64) {
	for _, e := range d.Bill() {
		if e.group == of {
			usd += e.usd()
		}
	}
	return usd
}

// Bill is what the day costs, entry by entry.
func (d *Day) Bill() []entry {
	c := d.Counts
	c.add(&d.News, -1)
	memory, scratch := d.compute(false)
	out := requestsBill(&c, ofDay)
	out = append(out,
		entry{priceCompute(), memory, ofDay}, entry{priceScratch(), scratch, ofDay},
		entry{priceLogs(), float64(d.Log+c.Calls*logBytesOfCall) / gb, ofDay},
		entry{priceMetrics(), metricsOfDay, ofDay},
		entry{priceScans(), float64(d.Arrived) / gb, ofDay},
		entry{priceScanned(), float64(max(1, d.Spec.Files)), ofDay},
		entry{priceMails(), float64(c.Mails), ofMail},
	)
	news := priceLogs().of(float64(d.News.Calls*logBytesOfCall) / gb)
	memory, scratch = d.compute(true)
	news += priceCompute().of(memory) + priceScratch().of(scratch)
	for _, e := range requestsBill(&d.News, ofMail) {
		news += e.usd()
	}
	told := float64(d.News.Events)
	return append(out, entry{price{"Lambda, DynamoDB, …", "news of mails", news, max(1, told)}, told, ofMail},
		entry{priceKept(), float64(d.Objects) / gb, ofMonth},
		entry{priceItems(), float64(d.Items) / gb, ofMonth},
		entry{priceRecovery(), float64(d.Items) / gb, ofMonth})
}

// requestsBill is what was asked for.
func requestsBill(c *Counts, g group) []entry {
	objects := float64(c.ObjectReads + c.ObjectWrites + c.ObjectDeletes)
	return []entry{
		{priceTableWrites(), float64(c.TableWrites), g},
		{priceIndexWrites(), float64(c.IndexWrites), g},
		{priceTableReads(), float64(c.TableReads) / 2, g},
		{priceTransitions(), float64(c.Transitions), g},
		{priceObjectWrites(), float64(c.ObjectWrites), g},
		{priceObjectReads(), float64(c.ObjectReads), g},
		{priceCalls(), float64(c.Calls), g},
		{priceKeys(), float64(c.KeyRequests + c.Calls*keyRequestsOfCall), g},
		{priceQueues(), float64(c.QueueRequests), g},
		{priceEvents(), float64(c.Events), g},
		{priceTraces(), float64(c.Calls), g},
		{priceTrail(), objects, g},
		{priceWatched(), objects, g},
	}
}
