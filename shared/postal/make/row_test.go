package main

import (
	"slices"
	"testing"

	"multipoint/shared/postal"
)

func TestRowsBecomeTowns(t *testing.T) {
	for _, c := range []struct {
		town, note string
		want       []string
	}{
		{"神宮前", "", []string{"神宮前"}},
		{"", "以下に掲載がない場合", []string{""}},
		{"井道、奥井道、内井道", "", []string{"井道", "奥井道", "内井道"}},
		{"穴明２２地割、穴明２", "３地割", []string{"穴明"}},
		{"清水ケ野１", "８地割", []string{"清水ケ野"}},
		{"杉名畑４", "４地割(その他)", []string{"杉名畑"}},
		{"種市", "第１５地割〜第２１地割", []string{"種市"}},
		{"川井", "第9地割〜第11地割", []string{"川井"}},
		{"浦臼第１", "", []string{"浦臼第１"}},
		{"小菅村の次に１〜６６３番地がくる場合", "", []string{""}},
		{"江田島町国有無番地", "", []string{"江田島町国有無番地"}},
		{"東池袋サンシャイン６０", "1階", []string{"東池袋サンシャイン６０"}},
	} {
		if got := townsOf(c.town, c.note); !slices.Equal(got, c.want) {
			t.Errorf("%s, %s: %q, want %q", c.town, c.note, got, c.want)
		}
	}
}

func TestRowsOfOneCodeAreCollectedOnce(t *testing.T) {
	const lines = `{"postal_code":"6730012","prefecture":"兵庫県","city":"明石市","neighborhood":"和坂",` +
		`"alternates":[{"postal_code":"6730012","prefecture":"兵庫県","city":"明石市","neighborhood":"和坂"},` +
		`{"postal_code":"6730012","prefecture":"兵庫県","city":"明石市","neighborhood":"甲、乙"}]}` + "\n"
	places, err := placesOf([]byte(lines))
	if err != nil {
		t.Fatal(err)
	}
	var want []postal.Place
	for _, town := range []string{"和坂", "甲", "乙"} {
		want = append(want, postal.Place{Prefecture: 28, City: "明石市", Town: town})
	}
	if !slices.Equal(places["6730012"], want) {
		t.Errorf("got %v, want %v", places, want)
	}
	if _, err := placesOf([]byte(`{"postal_code":"6730012","prefecture":"蝦夷"}` + "\n")); err == nil {
		t.Error("a prefecture that is none was taken")
	}
}
