package inspect

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"

	"multipoint/shared/layout"
	"multipoint/shared/master"
)

// demo inspects a file of the demo day and gives the feed that the demo's masters declare for it.
func demo(t *testing.T, file, feed string) (*Report, *master.Feed) {
	t.Helper()
	root := filepath.Join("..", "..", "events")
	sample, err := os.ReadFile(filepath.Join(root, "day", file))
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(root, "masters", "feed", feed))
	if err != nil {
		t.Fatal(err)
	}
	var truth master.Feed
	if err := yaml.Unmarshal(text, &truth); err != nil {
		t.Fatal(err)
	}
	return inspected(t, sample), &truth
}

// declared lists the receipt's columns of a layout as place, width, name, type and form; without fillers.
func declared(l *layout.Layout) map[string]string {
	out, at := make(map[string]string), 1
	for _, rec := range l.Records {
		if rec.Kind != layout.KindReceipt {
			continue
		}
		for i, f := range rec.Fields {
			place, typ := fmt.Sprintf("%d+%d", at, f.Width), f.Type
			if f.Width == 0 {
				place = fmt.Sprint(i+1, " ", f.Title)
			}
			if typ == "" {
				typ = layout.TypeText
			}
			out[f.Name] = strings.TrimSpace(fmt.Sprint(place, " ", typ, " ", f.Form))
			at += f.Width
		}
	}
	return out
}

func wantDeclared(t *testing.T, r *Report, truth *layout.Layout, names map[string]string) {
	t.Helper()
	got, want := declared(&r.Layout), declared(truth)
	for found, name := range names {
		if want[name] == "" || got[found] != want[name] {
			t.Errorf("%s is %q, declared %q\n%s", found, got[found], want[name], textOf(t, r))
		}
	}
}

func same(names ...string) map[string]string {
	out := make(map[string]string)
	for _, n := range names {
		out[n] = n
	}
	return out
}

func TestDemoShopFileIsReadDespiteItsBadLines(t *testing.T) {
	r, truth := demo(t, "EC_20261121_1.csv", "ec.yaml")
	wantForm(t, r, "utf-8", "csv", "crlf", 0)
	if !r.Titles || r.Encoding.Sure != Medium || r.Layout.Discriminator != nil || r.Odd != 1 {
		t.Errorf("titles %v, odd %d, encoding %+v", r.Titles, r.Odd, r.Encoding)
	}
	if r.FlatItems == nil || !truth.FlatItems || r.FlatAmount.Value != truth.FlatAmount {
		t.Errorf("flat %+v %+v", r.FlatItems, r.FlatAmount)
	}
	names := same("receipt", "business_date", "time", "kind", "card", "member_no", "affiliate",
		"original_receipt", "product", "quantity", "tax_rate")
	names["amount_incl"] = "amount" // the draft derives amount from it, the feed the other way round
	wantDeclared(t, r, &truth.Layout, names)
	lookup := find(&r.Kinds[1], "kind").Lookup
	if fmt.Sprint(lookup) != "map[取消:cancel 注文:sale 返品:return]" {
		t.Errorf("lookup %v", lookup)
	}
	why := find(&r.Kinds[1], "business_date").Why
	if !strings.Contains(why, "‰ of the values are dates") {
		t.Errorf("the share is not said: %s", why)
	}
}

func TestDemoTillFilesAreReadDespiteTheirBadLines(t *testing.T) {
	for _, file := range []string{"POS_20261121_1.dat", "POS_20261121_2.dat", "POS_20261121_4.dat"} {
		r, truth := demo(t, file, "pos.yaml")
		d := r.Layout.Discriminator
		if r.Encoding.Value != "cp932" || r.RecordLength != 240 || d == nil || d.At != 1 || d.Width != 1 {
			t.Fatalf("%s: %+v, %d bytes, kind at %+v", file, r.Encoding, r.RecordLength, d)
		}
		wantDeclared(t, r, &truth.Layout, same("kind", "business_date", "time", "store", "register",
			"receipt", "card", "amount_incl"))
		c := find(&r.Kinds[1], "amount_incl")
		if c == nil || c.SignField != "sign" {
			t.Fatalf("%s: amount %+v", file, c)
		}
		// The second file's trailer counts lines that are cut off.
		whole := file != "POS_20261121_2.dat"
		if whole && (c.Sure != High || len(r.Controls) != 2 || !r.Controls[1].Agrees) {
			t.Errorf("%s: amount %+v, controls %+v", file, c, r.Controls)
		}
		if got := kindsOf(r); !strings.HasPrefix(got, "header[1]×1 receipt[2]×") ||
			!strings.HasSuffix(got, " trailer[8]×1") || strings.Count(got, "×") != 3 {
			t.Errorf("%s: kinds %s", file, got)
		}
	}
}

func TestEncodingIsTheOneWithTheFewestBadLines(t *testing.T) {
	text := strings.Repeat("2026-11-19,あおぞら商店の表示,ソファ,120\n", 50)
	for _, name := range []string{"utf-8", "cp932", "euc-jp"} {
		clean := encoded(t, name, text)
		perfect := inspected(t, clean).Encoding
		if perfect.Value != name || perfect.Sure == Low || name == "utf-8" && perfect.Sure != High {
			t.Errorf("clean %s: %+v", name, perfect)
		}
		lines := bytes.SplitAfter(clean, []byte("\n"))
		lines[7] = []byte("2026-11-19,\xFF\x80,\xA0,120\n")
		r := inspected(t, bytes.Join(lines, nil))
		if r.Encoding.Value != name || r.Encoding.Sure != Medium ||
			!strings.Contains(r.Encoding.Why, "1 of 50 lines") {
			t.Errorf("%s with a bad line: %+v", name, r.Encoding)
		}
	}
}

func TestFewValuesAreNotTakenForDirt(t *testing.T) {
	text := strings.Repeat("20261119,1,120\n", 18) + "2026XX19,1,120\n"
	if got := columnsOf(inspected(t, []byte(text)), "receipt"); strings.Contains(got, "date") {
		t.Errorf("one of 19 values is no date:\n%s", got)
	}
}
