package mailing

import (
	"context"
	"encoding/json"
	"time"

	"multipoint/shared/table"
)

// Texts keeps a retailer's own texts, with every version that was ever saved.
type Texts struct {
	Retailer string
	Table    table.Table
	Now      func() time.Time
}

// Saved is a text of a retailer.
type Saved struct {
	Letter   string    `json:"letter"`
	Language Language  `json:"language"`
	Version  string    `json:"version"` // "" = the standard one again
	At       time.Time `json:"at"`
	By       string    `json:"by"` // who saved it, an account's id
	Text     Text      `json:"text,omitzero"`
}

// Save checks a text and uses it from now on; nil goes back to the standard one. Errors: mail.template, those
// of the table.
func (s *Texts) Save(ctx context.Context, letter string, lang Language, t *Text, by string) (*Saved, error) {
	book, err := Standard()
	if err != nil {
		return nil, err
	}
	standard, err := StandardText(letter, lang)
	if err != nil {
		return nil, err
	}
	saved := &Saved{Letter: letter, Language: lang, At: s.Now().UTC(), By: by}
	if t != nil && t.normal() != standard {
		saved.Text = t.normal()
		if _, saved.Version, err = book.With(letter, lang, saved.Text); err != nil {
			return nil, err
		}
		if _, err := book.Preview(letter, lang, saved.Text, &House{Name: "あおぞらストア"}); err != nil {
			return nil, err
		}
	}
	body, err := json.Marshal(saved)
	if err != nil {
		return nil, err
	}
	name := textName{letter, lang}.String()
	actions := []table.Action{{Item: table.Item{Key: s.key("now", name), Body: body}}}
	if saved.Version != "" {
		was := table.Item{Key: s.key("version", name+"\x00"+saved.Version), Body: body}
		actions = append(actions, table.Action{Item: was})
	}
	return saved, s.Table.Transact(ctx, actions)
}

// Version gives a text that was saved once, nil if there is none of that version.
func (s *Texts) Version(ctx context.Context, letter string, lang Language, version string) (*Saved, error) {
	item, ok, err := s.Table.Get(ctx, s.key("version", textName{letter, lang}.String()+"\x00"+version))
	if err != nil || !ok {
		return nil, err
	}
	return readSaved(item.Body)
}

func readSaved(body []byte) (*Saved, error) {
	saved := &Saved{}
	if err := json.Unmarshal(body, saved); err != nil {
		return nil, damaged("a text", err)
	}
	return saved, nil
}

// Book gives the standard texts with the retailer's own in their place.
func (s *Texts) Book(ctx context.Context) (*Book, error) {
	b, err := Standard()
	if err != nil {
		return nil, err
	}
	q := table.Query{Partition: s.key("now", "").Partition}
	return b, table.Each(ctx, s.Table, q, func(item table.Item) error {
		saved, err := readSaved(item.Body)
		if err != nil || saved.Version == "" {
			return err
		}
		_, err = b.put(saved.Letter, saved.Language, saved.Text)
		return err
	})
}

func (s *Texts) key(which, name string) table.Key {
	return key(table.Partition("MAILTEXT", s.Retailer, which), name)
}
