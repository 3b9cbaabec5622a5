package model

import (
	"encoding/json"
	"maps"
	"slices"
)

// Shrink takes days, files, lines, answers, campaigns, rules, members, affiliates and providers' settings
// away while the case still fails; fails is called many times and must not keep what it is given. Files of
// equal content stay equal, and trailers that were right stay right. The case that comes back is a copy.
func Shrink(c Case, fails func(Case) bool) Case {
	c = copyOf(c)
	for again := true; again; {
		again = false
		for _, less := range cuts(c) {
			for at := 0; ; { // try each thing of a kind, from the first to the last
				smaller := copyOf(c)
				if !less(&smaller, at) {
					break
				}
				if fails(copyOf(smaller)) {
					c, again = smaller, true
				} else {
					at++
				}
			}
		}
	}
	return c
}

// cut takes the thing at a place away; it gives false where there is none.
type cut func(c *Case, at int) bool

// cuts lists the kinds of things to take away, the largest first.
func cuts(c Case) []cut {
	all := []cut{func(c *Case, at int) bool { return len(c.Days) > 1 && drop(&c.Days, at) }}
	for i := range c.Days {
		all = append(all,
			func(c *Case, at int) bool { return i < len(c.Days) && drop(&c.Days[i].Files, at) },
			func(c *Case, at int) bool { return i < len(c.Days) && drop(&c.Days[i].Answers, at) },
			func(c *Case, at int) bool {
				there := i < len(c.Days) && at == 0 && (c.Days[i].Masters != nil || c.Days[i].Members != nil)
				if there {
					c.Days[i].Masters, c.Days[i].Members = nil, nil
				}
				return there
			})
		for k := range c.Days[i].Files {
			all = append(all, func(c *Case, at int) bool {
				return i < len(c.Days) && k < len(c.Days[i].Files) && dropLine(c, i, k, at)
			})
		}
		for k := range c.Days[i].Answers {
			all = append(all, func(c *Case, at int) bool {
				return i < len(c.Days) && k < len(c.Days[i].Answers) && drop(&c.Days[i].Answers[k].Lines, at)
			})
		}
	}
	return append(all,
		eachMasters(func(m *Masters, at int) bool { return drop(&m.Campaigns, at) }),
		eachMasters(func(m *Masters, at int) bool { return drop(&m.Points, at) }),
		eachMasters(func(m *Masters, at int) bool { return drop(&m.Affiliates, at) }),
		eachMasters(dropProvider),
		func(c *Case, at int) bool { return drop(&c.Members, at) },
	)
}

// drop takes an element out of a list.
func drop[T any](list *[]T, at int) bool {
	if at >= len(*list) {
		return false
	}
	*list = slices.Delete(*list, at, at+1)
	return true
}

// dropProvider takes a provider's settings away, in the order of codes.
func dropProvider(m *Masters, at int) bool {
	codes := slices.Sorted(maps.Keys(m.Providers))
	if at >= len(codes) {
		return false
	}
	delete(m.Providers, codes[at])
	return true
}

// eachMasters applies a cut to the first masters, and to later versions as far as they have the thing.
func eachMasters(less func(m *Masters, at int) bool) cut {
	return func(c *Case, at int) bool {
		for i := range c.Days {
			if c.Days[i].Masters != nil {
				less(c.Days[i].Masters, at)
			}
		}
		return less(&c.Masters, at)
	}
}

// dropLine takes a line out of a file and out of all files of the same bytes. A trailer that was right is
// made right again; another keeps its difference.
func dropLine(c *Case, i, k, at int) bool {
	of := c.Days[i].Files[k]
	if at >= len(of.Lines) {
		return false
	}
	for d := range c.Days {
		for n := range c.Days[d].Files {
			f := &c.Days[d].Files[n]
			same := of.Content != "" && f.Content == of.Content && f.Feed == of.Feed
			if !same && (d != i || n != k) {
				continue
			}
			count, amount := controlOf(c.Masters.Feeds[f.Feed], f.Lines)
			drop(&f.Lines, at)
			for line := range f.Lines {
				f.Lines[line].Line = line + 1
			}
			if f.Control != nil {
				newCount, newAmount := controlOf(c.Masters.Feeds[f.Feed], f.Lines)
				f.Control.Count += newCount - count
				f.Control.Amount += newAmount - amount
			}
		}
	}
	return true
}

// copyOf copies a case so deeply that nothing is shared.
func copyOf(c Case) Case {
	text, err := json.Marshal(c)
	if err != nil {
		return c
	}
	var copied Case
	if err := json.Unmarshal(text, &copied); err != nil {
		return c
	}
	return copied
}
