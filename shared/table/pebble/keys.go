package pebble

import (
	"bytes"
	"errors"
	"strings"

	"multipoint/shared/table"
)

// Keys in the store. The first byte says whose they are: items of the table, or entries of the index of that
// number. Behind it stand parts: each has its zero bytes written as 00 ff and ends with 00 01, so that no
// part is the beginning of another one and keys order as their parts do, bytewise. The last part, an item's
// sort key, ends with the key and stands as it is.
//
//	items    00  partition  sort
//	index n  0n  partition of the index  sort key of the index  partition  sort
//
// An index entry has no value: the item is read by its own key, in the same state of the store.
const (
	itemSpace = 0

	zero    = 0x00
	escaped = 0xff // behind zero: a zero byte of the part
	ended   = 0x01 // behind zero: the end of the part
	beyond  = 0x02 // behind zero: in no key; greater than the end, smaller than any longer part
)

var errKey = errors.New("damaged: not a key of the table")

// appendBytes appends the bytes of a part without its end: what all parts that begin so begin with.
func appendBytes(to []byte, part string) []byte {
	for {
		n := strings.IndexByte(part, zero)
		if n < 0 {
			return append(to, part...)
		}
		to = append(append(to, part[:n]...), zero, escaped)
		part = part[n+1:]
	}
}

func appendPart(to []byte, part string) []byte {
	return append(appendBytes(to, part), zero, ended)
}

func appendItemKey(to []byte, key table.Key) []byte {
	return append(appendPart(append(to, itemSpace), key.Partition), key.Sort...)
}

// appendIndexKey appends the key of an item's entry in index n (from 1), at a place in it.
func appendIndexKey(to []byte, n int, at, own table.Key) []byte {
	to = appendPart(append(to, byte(n)), at.Partition)
	return append(appendPart(appendPart(to, at.Sort), own.Partition), own.Sort...)
}

// cutPart takes the first part from a key.
func cutPart(key []byte) (part string, rest []byte, err error) {
	n := bytes.IndexByte(key, zero)
	if n >= 0 && n+1 < len(key) && key[n+1] == ended {
		return string(key[:n]), key[n+2:], nil // the usual one, without a zero byte
	}
	var plain []byte
	for {
		n := bytes.IndexByte(key, zero)
		if n < 0 || n+1 == len(key) {
			return "", nil, errKey
		}
		plain = append(plain, key[:n]...)
		switch key[n+1] {
		case ended:
			return string(plain), key[n+2:], nil
		case escaped:
			plain = append(plain, zero)
		default:
			return "", nil, errKey
		}
		key = key[n+2:]
	}
}

// parseItemKey is the opposite of appendItemKey.
func parseItemKey(key []byte) (table.Key, error) {
	if len(key) == 0 || key[0] != itemSpace {
		return table.Key{}, errKey
	}
	partition, sort, err := cutPart(key[1:])
	return table.Key{Partition: partition, Sort: string(sort)}, err
}

// cutOwnKey gives the end of an index entry's key: the item's own partition and sort key, as they stand in
// its item key behind the first byte.
func cutOwnKey(key []byte) ([]byte, error) {
	if len(key) == 0 {
		return nil, errKey
	}
	rest := key[1:]
	for range 2 { // partition and sort key of the index
		for {
			n := bytes.IndexByte(rest, zero)
			if n < 0 || n+1 == len(rest) {
				return nil, errKey
			}
			end := rest[n+1] == ended
			if rest = rest[n+2:]; end {
				break
			}
		}
	}
	return rest, nil
}

// bounds gives the first key that a query may see and the first one behind those.
func bounds(q table.Query) (lower, upper []byte) {
	space := append(appendBytes([]byte{byte(q.Index)}, q.Partition), zero)
	partition := append(bytes.Clone(space), ended)
	lower, upper = bytes.Clone(partition), append(bytes.Clone(space), beyond)
	if q.Prefix != "" {
		if q.Index == 0 {
			lower = append(lower, q.Prefix...)
		} else {
			lower = appendBytes(lower, q.Prefix)
		}
		return lower, successor(lower)
	}
	if q.Index == 0 {
		lower = append(lower, q.From...)
		if q.To != "" {
			upper = append(append(partition, q.To...), zero)
		}
		return lower, upper
	}
	if q.From != "" {
		lower = appendPart(lower, q.From)
	}
	if q.To != "" {
		upper = append(appendBytes(partition, q.To), zero, beyond)
	}
	return lower, upper
}

// successor gives the first key behind all that begin with prefix, which is no run of ff bytes: its first
// byte names a space.
func successor(prefix []byte) []byte {
	next := bytes.Clone(prefix)
	for next[len(next)-1] == 0xff {
		next = next[:len(next)-1]
	}
	next[len(next)-1]++
	return next
}
