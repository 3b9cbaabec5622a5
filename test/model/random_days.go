package model

import (
	"fmt"
	"slices"
	"strconv"
)

// day adds a day with its files and answers; later days may have new masters and members.
func (m *maker) day(n, days int, date string) {
	day := Day{RunDate: date, Files: []File{}}
	if n > 0 && m.chance(25) {
		day.Members = m.members()
	}
	if n > 0 && m.chance(25) {
		changed := m.c.Masters
		changed.Campaigns = slices.Clone(changed.Campaigns)
		for i := range changed.Campaigns {
			if c := &changed.Campaigns[i]; m.chance(50) && c.Caps.Campaign > 0 {
				c.Caps.Campaign += pick[int64](m, -5, 5, 20)
			}
		}
		day.Masters = &changed
	}
	lines := m.size / days
	for lines > 0 {
		share := min(lines, 1+m.IntN(m.size))
		lines -= share
		day.Files = append(day.Files, m.file(date, fmt.Sprintf("file-%d%d", n+1, len(day.Files)+1), share))
	}
	if m.chance(15) {
		day.Files = append(day.Files, m.file(date, fmt.Sprintf("empty-%d", n+1), 0))
	}
	if len(day.Files) > 0 && m.chance(30) {
		day.Files = append(day.Files, m.again(day, date))
	}
	for range pick(m, 0, 0, 1, 2) {
		day.Answers = append(day.Answers, m.answer(day.Answers))
	}
	m.c.Days = append(m.c.Days, day)
}

// again sends one of the files so far once more, with the same bytes.
func (m *maker) again(day Day, date string) File {
	files := slices.Clone(day.Files)
	for _, earlier := range m.c.Days {
		files = append(files, earlier.Files...)
	}
	of := m.IntN(len(files))
	file := files[of]
	if file.Content == "" { // whoever has these bytes is to say so
		file.Content = "bytes of " + file.Name
		m.setContent(&day, file)
	}
	file.Name, file.Arrived = pick(m, "copy-", "Copy-", "a-copy-")+file.Name+"-"+date, m.arrival(date)
	return file
}

func (m *maker) setContent(day *Day, like File) {
	for _, d := range append(slices.Clone(m.c.Days), *day) {
		for i := range d.Files {
			if d.Files[i].Name == like.Name {
				d.Files[i].Content = like.Content
			}
		}
	}
}

func (m *maker) arrival(date string) string {
	return fmt.Sprintf("%sT0%d:00:00", date, 1+m.IntN(3))
}

// answer names records by number and transactions by key; some answers come twice.
func (m *maker) answer(today []Answer) Answer {
	before := slices.Clone(today)
	for _, day := range m.c.Days {
		before = append(before, day.Answers...)
	}
	if len(before) > 0 && m.chance(25) {
		return pick(m, before...)
	}
	m.receipts++
	answer := Answer{
		Provider: pick(m, m.providers...), Content: "answer-" + strconv.Itoa(m.receipts),
		Lines: []AnswerLine{},
	}
	for range 1 + m.IntN(4) {
		line := AnswerLine{Accepted: m.chance(30)}
		if m.chance(50) || len(m.history) == 0 {
			line.FileNo, line.Sequence = pick[int64](m, 1, 1, 2, 3), int64(1+m.IntN(5))
		} else {
			line.Transaction = m.keyOf(pick(m, m.history...))
		}
		answer.Lines = append(answer.Lines, line)
	}
	return answer
}

// keyOf gives the key fields of a line; all feeds of a case have the same.
func (m *maker) keyOf(line Line) []string {
	for _, feed := range m.c.Masters.Feeds {
		r := reader{m.c.Masters, nil, feed, "2026-11-23"}
		return r.readLine(line).own
	}
	return nil
}

// closeSome closes some run dates of some providers.
func (m *maker) closeSome() {
	for _, provider := range m.providers {
		outlet, ok := m.c.Masters.Providers[provider]
		if !ok || !m.chance(35) {
			continue
		}
		for n, day := range m.c.Days {
			if m.chance([]int{60, 15}[(n+1)/len(m.c.Days)]) {
				outlet.Closed = append(outlet.Closed, day.RunDate)
			}
		}
		m.c.Masters.Providers[provider] = outlet // the map is shared by later versions
	}
}
