package spool

import (
	"cmp"
	"slices"
)

// radixMin is the number of references from which the radix sort is the faster one.
const radixMin = 1 << 10

// radix sorts refs by key, stably: least significant byte first, leaving out bytes that all keys share.
// It gives the sorted references and the scratch for the next time.
func radix(refs, other []ref) (sorted, scratch []ref) {
	if len(refs) < radixMin {
		slices.SortFunc(refs, func(a, b ref) int {
			return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.off, b.off))
		})
		return refs, other
	}
	if cap(other) < len(refs) {
		other = make([]ref, len(refs))
	}
	other = other[:len(refs)]
	var counts [8][256]uint32
	for i := range refs {
		k := refs[i].key
		for b := range counts {
			counts[b][byte(k>>(8*b))]++
		}
	}
	for b := range counts {
		c := &counts[b]
		if c[byte(refs[0].key>>(8*b))] == uint32(len(refs)) {
			continue
		}
		var at uint32
		for v := range c {
			at, c[v] = at+c[v], at
		}
		for i := range refs {
			v := byte(refs[i].key >> (8 * b))
			other[c[v]] = refs[i]
			c[v]++
		}
		refs, other = other, refs
	}
	return refs, other
}
