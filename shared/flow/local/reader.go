package local

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// Limits of an object that holds the items of a Map. The service reads larger ones; here the items are in
// memory.
const (
	maxObject = 256 << 20 // bytes
	maxItems  = 1_000_000
)

// read reads the first items of an object, all if most is 0.
func (v *visit) read(ctx context.Context, bucket, key string, most int64) (items []any, err error) {
	if v.in.options.Objects == nil {
		return nil, errors.New("this program reads no objects")
	}
	object, err := v.in.options.Objects(ctx, bucket, key)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, object.Close()) }()
	limited := &io.LimitedReader{R: object, N: maxObject}
	items, err = readItems(json.NewDecoder(limited), most)
	if limited.N == 0 {
		err = fmt.Errorf("more than %d bytes", maxObject)
	}
	return items, err
}

// readItems reads the elements of a JSON array.
func readItems(d *json.Decoder, most int64) ([]any, error) {
	d.UseNumber()
	token, err := d.Token()
	if err != nil {
		return nil, err
	}
	if token != json.Delim('[') {
		return nil, errors.New("they are no JSON array")
	}
	items := []any{}
	for d.More() {
		if most > 0 && int64(len(items)) == most {
			return items, nil
		}
		if len(items) == maxItems {
			return nil, fmt.Errorf("more than %d items", maxItems)
		}
		var item any
		if err := d.Decode(&item); err != nil {
			return nil, err
		}
		items = append(items, item)
	}
	if _, err := d.Token(); err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows the array")
	}
	return items, nil
}
