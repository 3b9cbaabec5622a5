package standalone

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"multipoint/shared/day"
	"multipoint/shared/fault"
	"multipoint/shared/table"
	"multipoint/shared/table/pebble"
)

// eraseAgain puts the numbers that were erased after the generation was made into the restored table, so that
// the next run's vault leaves them out (R24). The newest generation knows of them: those that no run had
// obeyed are in its table, the others in what its later runs pinned.
func (r *restoring) eraseAgain(ctx context.Context) (err error) {
	if r.newest == r.made {
		return nil
	}
	erased, err := r.pinnedErasures()
	if err != nil {
		return err
	}
	if err := r.pendingErasures(ctx, erased); err != nil || len(erased) == 0 {
		return err
	}
	to, err := pebble.Open(filepath.Join(r.to, tableFolder), pebble.Options{})
	if err != nil {
		return opened(r.to, err)
	}
	defer func() { err = errors.Join(err, to.Close()) }()
	for _, ref := range slices.Sorted(maps.Keys(erased)) {
		body, err := json.Marshal(hex.EncodeToString([]byte(ref)))
		if err != nil {
			return err
		}
		item := table.Item{Key: table.Key{Partition: r.erasures(), Sort: ref}, Body: body}
		if err := to.Put(ctx, item, table.Always); err != nil {
			return err
		}
	}
	return nil
}

// erasures is the table's partition of numbers that are to be erased.
func (r *restoring) erasures() string { return "ERASED\x00" + r.made.Retailer }

// pinnedErasures gives the card references that runs erased which the generation does not have.
func (r *restoring) pinnedErasures() (map[string]bool, error) {
	known := map[string]bool{}
	for i := range r.made.Objects {
		known[r.made.Objects[i].Key] = true
	}
	out := map[string]bool{}
	for i := range r.newest.Objects {
		key := r.newest.Objects[i].Key
		if known[key] || !strings.HasPrefix(key, "runs/") || path.Base(key) != "pins.json" {
			continue
		}
		file := filepath.Join(r.newestDir, objectsFolder, filepath.FromSlash(key))
		text, err := os.ReadFile(file) // #nosec G304 -- the operator names the folder
		if err != nil {
			return nil, read(file, err)
		}
		var pins day.Pins
		if err := json.Unmarshal(text, &pins); err != nil {
			return nil, &fault.Error{Code: fault.PartDamaged, Place: fault.Place{File: file}, Err: err}
		}
		for _, text := range pins.Erased {
			ref, err := hex.DecodeString(text)
			if err != nil {
				return nil, &fault.Error{Code: fault.PartDamaged, Place: fault.Place{File: file}, Err: err}
			}
			out[string(ref)] = true
		}
	}
	return out, nil
}

// pendingErasures adds those that wait in the newest generation's table. It is read from a copy: opening a
// table writes into its folder.
func (r *restoring) pendingErasures(ctx context.Context, into map[string]bool) (err error) {
	temp, err := os.MkdirTemp(filepath.Dir(r.to), "multipoint-table-")
	if err != nil {
		return written(r.to, err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(temp)) }()
	from := &restoring{o: r.o, from: r.newestDir, to: temp}
	for i := range r.newest.Files {
		if f := &r.newest.Files[i]; strings.HasPrefix(f.Path, tableFolder+"/") {
			if err := from.file(ctx, f); err != nil {
				return err
			}
		}
	}
	newest, err := pebble.Open(filepath.Join(temp, tableFolder), pebble.Options{})
	if err != nil {
		return opened(r.newestDir, err)
	}
	defer func() { err = errors.Join(err, newest.Close()) }()
	return table.Each(ctx, newest, table.Query{Partition: r.erasures()}, func(item table.Item) error {
		into[item.Sort] = true
		return nil
	})
}
