// Package outlet writes the provider files (R21): it gathers entries into records as the outlet's grain says,
// puts header, trailer and end around them, and tells which entry went out under which sequence number. It
// promises that the bytes depend on the masters, the run's values and the entries only, that no entry is
// written twice or left out, and that memory stays flat however many entries or cards there are.
package outlet

import (
	"slices"
	"strconv"
	"strings"

	"multipoint/shared/calendar"
	"multipoint/shared/fault"
	"multipoint/shared/layout"
	"multipoint/shared/master"
)

type grain uint8

const (
	perTransaction grain = iota // and point type
	perReceipt
	perCard
)

type returns uint8

const (
	returnsNegative returns = iota
	returnsKind
	returnsNetted
)

// Outlet is an outlet of the masters, compiled. It is immutable and may be used by many goroutines.
type Outlet struct {
	master  *master.Outlet
	plan    *layout.WritePlan
	slots   slots
	grain   grain
	returns returns
	// ownKind: returns have records of their own kind.
	ownKind bool
	// early: the header shows totals, which are known only after the last record.
	early  bool
	counts [2]bool // whether count counts records of an entryKind
	total  totalOf
	// kindText is what the field kind shows, by entryKind.
	kindText [2][]byte
}

// totalOf says what the trailer's total sums up.
type totalOf struct {
	amounts       bool // yen instead of points
	net, absolute bool
}

// Compile makes an outlet ready. Errors: those of layout.CompileWriting, and LayoutField or LayoutRecord
// where the file could not show what R21 asks for, MasterValue for an unknown grain, returns or file name.
func Compile(o *master.Outlet, conv layout.Converters) (*Outlet, error) {
	plan, err := layout.CompileWriting(&o.Layout, conv)
	if err != nil {
		return nil, err
	}
	out := &Outlet{master: o, plan: plan, slots: findSlots(plan), ownKind: plan.Has(layout.KindReturn)}
	out.kindText = [2][]byte{kindGrant: []byte("grant"), kindReturn: []byte("return")}
	var ok bool
	grains := map[string]grain{
		"": perTransaction, "transaction": perTransaction, "receipt": perReceipt, "card": perCard,
	}
	if out.grain, ok = grains[o.Grain]; !ok {
		return nil, out.fault(fault.MasterValue, "grain "+o.Grain+" is none of transaction, receipt, card")
	}
	ways := map[string]returns{
		"": returnsNegative, "negative": returnsNegative, "kind": returnsKind, "netted": returnsNetted,
	}
	if out.returns, ok = ways[o.Returns]; !ok {
		return nil, out.fault(fault.MasterValue, "returns "+o.Returns+" is none of negative, kind, netted")
	}
	if err := out.checkFileName(); err != nil {
		return nil, err
	}
	if err := out.checkRecords(); err != nil {
		return nil, err
	}
	if err := out.compileControl(); err != nil {
		return nil, err
	}
	return out, nil
}

func (o *Outlet) fault(code fault.Code, what string) error {
	return fault.New(code, "outlet "+o.master.Code+": "+what)
}

// checkFileName refuses names that are no names of files.
func (o *Outlet) checkFileName() error {
	name := o.FileName(20779, 1)
	if name == "" || name == "." || name == ".." || strings.ContainsAny(name, "/\\{}\x00\r\n") {
		return o.fault(fault.MasterValue, "file "+strconv.Quote(o.master.File)+
			" does not make a file name; {run_date}, {file_no} and {provider} are replaced")
	}
	if o.master.SequenceMax < 0 {
		return o.fault(fault.MasterValue, "sequence_max is negative")
	}
	return nil
}

// checkRecords refuses layouts whose files would hide something: a return that looks like a grant, negative
// points in a column without a sign, a column that nobody fills.
func (o *Outlet) checkRecords() error {
	if !o.plan.Has(layout.KindReceipt) {
		return o.fault(fault.LayoutRecord, "the layout has no record of kind receipt")
	}
	if o.returns == returnsKind && !o.ownKind && o.slots.kind == layout.NoSlot {
		return o.fault(fault.LayoutRecord, "returns: kind needs a record of kind return or a field kind")
	}
	if o.returns != returnsKind && !o.plan.HoldsSign(layout.KindReceipt, "points") {
		return o.fault(fault.LayoutField, "points of returns are negative, but the field points has no sign")
	}
	if o.returns == returnsNetted && !o.plan.HoldsSign(layout.KindReceipt, "amount_incl") {
		return o.fault(fault.LayoutField,
			"netted amounts may be negative, but the field amount_incl has no sign")
	}
	file := layout.WriteFileNames()
	records := slices.Concat(file, layout.WriteNames())
	frame := slices.Concat(file, layout.WriteTotalNames())
	for _, kind := range []string{
		layout.KindReceipt, layout.KindReturn, layout.KindHeader, layout.KindTrailer, layout.KindEnd,
	} {
		given := frame
		if kind == layout.KindReceipt || kind == layout.KindReturn {
			given = records
		}
		missing := o.plan.Missing(kind, func(name string) bool { return slices.Contains(given, name) })
		if len(missing) > 0 {
			return o.fault(fault.LayoutField,
				"the record "+kind+" has the field "+missing[0]+", which nobody fills")
		}
	}
	if !o.fileNoFits() {
		return o.fault(fault.LayoutField, "a field file_no does not hold "+
			strconv.FormatInt(o.sequenceMax(), 10)+
			"; widen it or set sequence_max")
	}
	late := o.plan.Missing(layout.KindHeader, func(name string) bool { return slices.Contains(file, name) })
	o.early = len(late) > 0
	return nil
}

// fileNoFits tries the largest number in each kind of record.
func (o *Outlet) fileNoFits() bool {
	w, v := o.plan.NewWriter(nil), o.plan.NewValues()
	v.SetNumber(o.slots.fileNo, o.sequenceMax())
	for i := range o.master.Layout.Records {
		if field, ok := w.Check(o.master.Layout.Records[i].Kind, v); !ok && field == "file_no" {
			return false
		}
	}
	return true
}

func (o *Outlet) compileControl() error {
	c := &o.master.Layout.Control
	for _, kind := range []entryKind{kindGrant, kindReturn} {
		o.counts[kind] = len(c.Counts) == 0 || slices.Contains(c.Counts, o.recordOf(kind))
	}
	switch c.Total {
	case "", "points":
	case "amount_incl":
		o.total.amounts = true
	default:
		return o.fault(fault.LayoutField, "control.total "+c.Total+" is neither points nor amount_incl")
	}
	switch c.As {
	case "", "as_written":
	case "net":
		o.total.net = true
	case "absolute":
		o.total.absolute = true
	default:
		return o.fault(fault.LayoutField, "control.as "+c.As+" is none of as_written, net, absolute")
	}
	return nil
}

// Code is the outlet's code.
func (o *Outlet) Code() string { return o.master.Code }

// FileName is the name of the file of a run: {run_date} becomes yyyymmdd, {file_no} the number with as many
// digits as the largest one has, {provider} the provider's code.
func (o *Outlet) FileName(runDate calendar.Date, fileNo int64) string {
	date, _ := calendar.AppendDate(nil, calendar.YYYYMMDD, runDate)
	no := strconv.FormatInt(fileNo, 10)
	for len(no) < len(strconv.FormatInt(o.sequenceMax(), 10)) {
		no = "0" + no
	}
	return strings.NewReplacer("{run_date}", string(date), "{file_no}", no, "{provider}", o.master.Provider).
		Replace(o.master.File)
}

// Open says whether the provider takes files on that run date; on closed days entries are carried (R21).
func (o *Outlet) Open(runDate calendar.Date) bool {
	return !slices.Contains(o.master.Closed, runDate) &&
		!slices.Contains(o.master.ClosedWeekdays, runDate.Weekday())
}

// NextFileNo is the number after last, 0 standing for none yet; after the largest one comes 1 (R21).
func (o *Outlet) NextFileNo(last int64) int64 { return last%o.sequenceMax() + 1 }

func (o *Outlet) sequenceMax() int64 {
	if o.master.SequenceMax > 0 {
		return o.master.SequenceMax
	}
	return 9999
}
