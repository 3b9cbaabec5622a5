package mailing

import (
	"context"
	"time"
)

// Report is what was heard of a mail, by what the mail is about and its id, and of a bounce its kind.
type Report struct {
	About, ID string
	News      News
	Bounce    Bounce
	At        time.Time
}

// Feedback draws the consequences of news (DOMAIN 9): addresses from which mail comes back are not mailed any
// more, and whoever complains gets no more advertising.
type Feedback struct {
	Post        *Post
	Suppression *Suppression
	Consents    *Consents
}

// Hear takes news, which may come twice and in any order; false if there is no such mail. News of mails to
// companies are only written down.
func (f *Feedback) Hear(ctx context.Context, n Report) (found bool, err error) {
	r, err := f.Post.Note(ctx, n.About, n.ID, n.News, n.At)
	if r == nil || err != nil || r.Member == "" {
		return r != nil, err
	}
	switch {
	case n.News == NewsBounced && n.Bounce != NoBounce && r.Hash != "":
		_, err = f.Suppression.Add(ctx, r.Hash, r.ID, n.Bounce, r.Carrier, n.At)
	case n.News == NewsComplained:
		err = f.Consents.Revoke(ctx, r.Member, Mail, Adverts, "complaint")
	}
	return true, err
}
