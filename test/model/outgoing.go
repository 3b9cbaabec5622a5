package model

import (
	"cmp"
	"maps"
	"slices"
)

func byPlace(a, b *entry) int {
	return cmp.Or(cmp.Compare(a.run, b.run), cmp.Compare(a.ordinal, b.ordinal), cmp.Compare(a.line, b.line),
		cmp.Compare(a.pointType, b.pointType))
}

// providers gives the codes of all providers that have an outlet or an entry.
func (l *ledger) providers() []string {
	codes := map[string]bool{}
	for code := range l.masters.Providers {
		codes[code] = true
	}
	for _, e := range l.entries {
		codes[e.account.provider] = true
	}
	return slices.Sorted(maps.Keys(codes))
}

// sendFiles writes the provider files of a run (R21).
func (l *ledger) sendFiles(runDate string) []ProviderFile {
	files := []ProviderFile{}
	for _, provider := range l.providers() {
		outlet := l.masters.Providers[provider]
		if slices.Contains(outlet.Closed, runDate) {
			continue
		}
		waiting := l.waiting(provider)
		groups := outlet.group(waiting)
		file := ProviderFile{Provider: provider, Records: []Record{}}
		for _, group := range groups {
			if record := outlet.record(group); record.Points != 0 {
				record.Sequence = int64(len(file.Records) + 1)
				file.Records = append(file.Records, record)
				for _, e := range group {
					e.sequence = record.Sequence
				}
			}
		}
		written := len(file.Records) > 0 || outlet.SendEmpty
		if written {
			file.FileNo = l.lastFile[provider]%outlet.sequenceMax() + 1
			l.lastFile[provider] = file.FileNo
			l.fileDates[fileName{provider, file.FileNo}] = runDate
			files = append(files, file)
		}
		for _, e := range waiting {
			l.move(e, "granted", "sent")
			e.sentOn, e.fileNo = runDate, file.FileNo
		}
	}
	return files
}

func (o Outlet) sequenceMax() int64 {
	if o.SequenceMax == 0 {
		return 9999
	}
	return o.SequenceMax
}

// group puts the entries of one record together; a group stands at its first entry's place. Returns are
// netted by leaving number and type whatever the grain. Choice: carried entries join the groups of the new
// ones.
func (o Outlet) group(entries []*entry) [][]*entry {
	type id struct {
		run, ordinal, line int
		number, pointType  string
		isReturn           bool
	}
	var order []id
	groups := map[id][]*entry{}
	for _, e := range entries {
		var of id
		switch {
		case o.Returns == "netted":
			of = id{number: e.leaves, pointType: e.pointType}
		case o.Grain == "card":
			of = id{number: e.leaves, pointType: e.pointType, isReturn: e.isReturn}
		case o.Grain == "receipt":
			of = id{run: e.run, ordinal: e.ordinal, line: e.line}
		default:
			of = id{run: e.run, ordinal: e.ordinal, line: e.line, pointType: e.pointType}
		}
		if groups[of] == nil {
			order = append(order, of)
		}
		groups[of] = append(groups[of], e)
	}
	var all [][]*entry
	for _, of := range order {
		all = append(all, groups[of])
	}
	return all
}

// record writes a group of entries; a sum of 0 is not a record.
func (o Outlet) record(group []*entry) Record {
	record := Record{Kind: "grant", Number: group[0].leaves, FromLines: []FromLine{}}
	for _, e := range group {
		record.Points += e.points
		if !slices.Contains(record.PointTypes, e.pointType) {
			record.PointTypes = append(record.PointTypes, e.pointType)
		}
		if from := (FromLine{e.runDate, e.file, e.line}); !slices.Contains(record.FromLines, from) {
			record.FromLines = append(record.FromLines, from)
		}
	}
	slices.Sort(record.PointTypes)
	if o.Returns == "kind" && group[0].isReturn {
		record.Kind, record.Points = "return", -record.Points
	}
	return record
}
