package dynamo

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"multipoint/shared/table"
)

type values = map[string]types.AttributeValue

// errItem: somebody else writes to the table.
var errItem = errors.New("not an item of this program")

func bytesValue(s string) types.AttributeValue { return &types.AttributeValueMemberB{Value: []byte(s)} }

func numberValue(n int64) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(n, 10)}
}

func keyAttributes(key table.Key) values {
	return values{PartitionKey: bytesValue(key.Partition), SortKey: bytesValue(key.Sort)}
}

// others lists what an item has besides its key and version, nil for what is missing.
func others(item *table.Item) (names []string, all []types.AttributeValue) {
	names, all = []string{Body, Expires}, make([]types.AttributeValue, 2, 2+2*table.Indexes)
	if len(item.Body) > 0 {
		all[0] = &types.AttributeValueMemberB{Value: item.Body}
	}
	if item.Expires != 0 {
		all[1] = numberValue(item.Expires)
	}
	for i, at := range item.Index {
		names = append(names, IndexPartition(i+1), IndexSort(i+1))
		if at == (table.Key{}) {
			all = append(all, nil, nil)
		} else {
			all = append(all, bytesValue(at.Partition), bytesValue(at.Sort))
		}
	}
	return names, all
}

// attributes gives an item of a version whole.
func attributes(item *table.Item, version int64) values {
	all := keyAttributes(item.Key)
	all[Version] = numberValue(version)
	names, rest := others(item)
	for i, value := range rest {
		if value != nil {
			all[names[i]] = value
		}
	}
	return all
}

// parseItem is the opposite of attributes. The item is the caller's.
func parseItem(all values) (item table.Item, err error) {
	if item.Key, err = parseKey(all, PartitionKey, SortKey); err != nil {
		return table.Item{}, err
	}
	if item.Version, err = parseNumber(all, Version); err != nil {
		return table.Item{}, err
	}
	if all[Expires] != nil {
		if item.Expires, err = parseNumber(all, Expires); err != nil {
			return table.Item{}, err
		}
	}
	if all[Body] != nil {
		body, ok := all[Body].(*types.AttributeValueMemberB)
		if !ok {
			return table.Item{}, fmt.Errorf("attribute %s: %w", Body, errItem)
		}
		item.Body = body.Value
	}
	for i := range item.Index {
		if all[IndexPartition(i+1)] != nil {
			if item.Index[i], err = parseKey(all, IndexPartition(i+1), IndexSort(i+1)); err != nil {
				return table.Item{}, err
			}
		}
	}
	return item, nil
}

func parseKey(all values, partition, sort string) (table.Key, error) {
	p, isPartition := all[partition].(*types.AttributeValueMemberB)
	s, isSort := all[sort].(*types.AttributeValueMemberB)
	if !isPartition || !isSort {
		return table.Key{}, fmt.Errorf("attributes %s and %s: %w", partition, sort, errItem)
	}
	return table.Key{Partition: string(p.Value), Sort: string(s.Value)}, nil
}

func parseNumber(all values, name string) (int64, error) {
	n, isNumber := all[name].(*types.AttributeValueMemberN)
	if !isNumber {
		return 0, fmt.Errorf("attribute %s: %w", name, errItem)
	}
	v, err := strconv.ParseInt(n.Value, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("attribute %s: %w: %w", name, errItem, err)
	}
	return v, nil
}

// expression gathers the names and values that an expression uses. Every name is written as #name, since
// many words are reserved, ttl among them.
type expression struct {
	names  map[string]string
	values values
}

func (e *expression) name(attribute string) string {
	if e.names == nil {
		e.names = map[string]string{}
	}
	e.names["#"+attribute] = attribute
	return "#" + attribute
}

func (e *expression) value(name string, value types.AttributeValue) string {
	if e.values == nil {
		e.values = values{}
	}
	e.values[":"+name] = value
	return ":" + name
}

// update gives the expression that makes an item of whatever is there, and counts its version.
func (e *expression) update(item *table.Item) *string {
	var set, remove strings.Builder
	names, all := others(item)
	for i, value := range all {
		part, word := &set, "SET "
		if value == nil {
			part, word = &remove, " REMOVE "
		}
		if part.Len() > 0 {
			word = ", "
		}
		part.WriteString(word + e.name(names[i]))
		if value != nil {
			part.WriteString(" = " + e.value(names[i], value))
		}
	}
	text := set.String() + remove.String() + " ADD " + e.name(Version) + " " + e.value("one", numberValue(1))
	return &text
}

// condition gives the expression of an action's condition, nil for none. An expired item is not there.
func (e *expression) condition(a *table.Action, now func() int64) *string {
	var text string
	switch a.When {
	case table.IfAbsent:
		text = "attribute_not_exists(" + e.name(PartitionKey) + ")"
		if now != nil {
			text += " OR " + e.name(Expires) + " < " + e.value("now", numberValue(now()))
		}
	case table.IfVersion:
		text = e.name(Version) + " = " + e.value("was", numberValue(a.Version))
		if now != nil {
			ttl := e.name(Expires)
			text += " AND (attribute_not_exists(" + ttl + ") OR " + ttl + " >= " +
				e.value("now", numberValue(now())) + ")"
		}
	case table.Always:
		return nil
	}
	return &text
}
