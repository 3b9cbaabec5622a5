package main

import (
	"archive/zip"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"

	"multipoint/shared/postal"
)

// row is a row of the data set: an area (KEN_ALL) or a large receiver of mail (JIGYOSYO), whose name is left
// out. Notes in brackets are apart from the town already, and 以下に掲載がない場合 is an empty town.
type row struct {
	Code       string `json:"postal_code"`
	Prefecture string `json:"prefecture"`
	City       string `json:"city"`
	Town       string `json:"neighborhood"`
	Note       string `json:"note"`
	Others     []row  `json:"alternates"`
}

// add appends the row's places to those of its code, each once.
func (r row) add(places []postal.Place) ([]postal.Place, error) {
	prefecture, ok := postal.PrefectureOf(r.Prefecture)
	if !ok {
		return nil, fmt.Errorf("postal code %s: there is no prefecture %q", r.Code, r.Prefecture)
	}
	for _, town := range townsOf(r.Town, r.Note) {
		place := postal.Place{Prefecture: prefecture, City: r.City, Town: town}
		if !slices.Contains(places, place) {
			places = append(places, place)
		}
	}
	return places, nil
}

// block is the number of a block of Iwate (地割), or several. The data set puts it into the note, but for what
// it takes for a part of the town: 清水ケ野１ with the note ８地割.
var block = regexp.MustCompile(`第?[0-9０１２３４５６７８９]+地割.*`)

// townsOf gives the towns that a row names: what stands before the numbers of blocks; each part of a list
// 甲、乙; none (an empty town) for rules such as 小菅村の次に１〜６６３番地がくる場合.
func townsOf(text, note string) []string {
	if strings.Contains(text, "の次に") {
		return []string{""}
	}
	if strings.Contains(text+note, "地割") {
		text = block.ReplaceAllString(text+note, "")
	}
	return strings.Split(text, "、")
}

// unpack writes a file of a zip archive to target.
func unpack(archive, name, target string) (err error) {
	from, err := zip.OpenReader(archive)
	if err != nil {
		return fmt.Errorf("%s: %w", archive, err)
	}
	defer from.Close() //nolint:errcheck // it was only read
	in, err := from.Open(name)
	if err != nil {
		return fmt.Errorf("%s: %w", archive, err)
	}
	defer in.Close()              //nolint:errcheck // it was only read
	out, err := os.Create(target) // #nosec G304 -- our own folder
	if err != nil {
		return err
	}
	if _, err := io.Copy(out, in); err != nil { // #nosec G110 -- its checksum is pinned
		return fmt.Errorf("%s: %w", archive, err)
	}
	return out.Close()
}
