// Command make writes the demo retailer's input files: members.csv and the folder day. Run it from the root
// of the repository: go run ./events/make. The files are committed; a test says whether they are what this
// program makes. Every company, card and person in them is invented.
package main

import (
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	if err := write("events"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// write puts all files below dir.
func write(dir string) error {
	files, err := files()
	if err != nil {
		return err
	}
	for _, f := range files {
		path := filepath.Join(dir, filepath.FromSlash(f.name))
		// #nosec G301 -- invented files that are committed, for everyone to read
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		// #nosec G306 -- as above
		if err := os.WriteFile(path, f.bytes, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// made is a file with its path below events.
type made struct {
	name  string
	bytes []byte
}

// arrivals says when the files came: after 06:00 of the 21st and before 06:00 of the 22nd, so that their run
// date is the 22nd (R1).
const arrivals = `file,arrived
EC_20261121_1.csv,2026-11-22T00:15:00+09:00
EC_20261121_2.csv,2026-11-22T00:20:30+09:00
POS_20261121_1.dat,2026-11-22T02:40:00+09:00
POS_20261121_2.dat,2026-11-22T03:05:12+09:00
POS_20261121_3.dat,2026-11-22T03:05:12+09:00
POS_20261121_4.dat,2026-11-22T05:59:59+09:00
`

// files makes all files, in the order of their arrival.
func files() ([]made, error) {
	first, err := firstTills()
	if err != nil {
		return nil, err
	}
	second, err := secondTills()
	if err != nil {
		return nil, err
	}
	cut, err := cutTills()
	if err != nil {
		return nil, err
	}
	return []made{
		{"members.csv", members()},
		{"day/arrivals.csv", []byte(arrivals)},
		{"day/EC_20261121_1.csv", firstOrders()},
		{"day/EC_20261121_2.csv", secondOrders()},
		{"day/POS_20261121_1.dat", first},
		{"day/POS_20261121_2.dat", second},
		{"day/POS_20261121_3.dat", cut},
		{"day/POS_20261121_4.dat", first}, // the first once more, under another name
	}, nil
}
