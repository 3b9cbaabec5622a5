package pebble

import (
	"encoding/binary"
	"errors"

	"multipoint/shared/table"
)

// A value in the store: the number of its format, version and time of expiry as varints, the keys in the
// indexes, each part behind its length as uvarint, and the body up to the end.
const format = 1

var (
	errValue  = errors.New("damaged: not an item of the table")
	errFormat = errors.New("the item was written by a newer version of this program")
)

func appendValue(to []byte, item *table.Item) []byte {
	to = binary.AppendVarint(append(to, format), item.Version)
	to = binary.AppendVarint(to, item.Expires)
	for _, k := range item.Index {
		to = append(binary.AppendUvarint(to, uint64(len(k.Partition))), k.Partition...)
		to = append(binary.AppendUvarint(to, uint64(len(k.Sort))), k.Sort...)
	}
	return append(to, item.Body...)
}

// parseValue fills all but the key of an item. The body is a part of value, not a copy.
func parseValue(value []byte, item *table.Item) error {
	if len(value) == 0 {
		return errValue
	}
	if value[0] != format {
		return errFormat
	}
	rest := value[1:]
	for _, to := range []*int64{&item.Version, &item.Expires} {
		number, n := binary.Varint(rest)
		if n <= 0 {
			return errValue
		}
		*to, rest = number, rest[n:]
	}
	for i := range item.Index {
		for _, to := range []*string{&item.Index[i].Partition, &item.Index[i].Sort} {
			length, n := binary.Uvarint(rest)
			if n <= 0 || length > uint64(len(rest)-n) {
				return errValue
			}
			end := n + int(length)
			*to, rest = string(rest[n:end]), rest[end:]
		}
	}
	item.Body = rest
	return nil
}
