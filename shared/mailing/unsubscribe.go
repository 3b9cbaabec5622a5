package mailing

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"net/http"
	"strings"

	"multipoint/shared/fault"
)

// UnsubscribePath is where the links of Unsubscriber lead on a retailer's site, a token behind it.
const UnsubscribePath = "/u/"

// Unsubscriber makes and reads the links that stop mails with one click (RFC 8058). A link says for whom and
// for what it is, signed; it holds nothing personal, and works for as long as its key is kept.
type Unsubscriber struct {
	Retailer string
	Site     string // where the screens are, https://…, the retailer's
	// Keys sign links: the first makes new ones, all are believed. Each of 32 bytes at least.
	Keys     [][]byte
	Consents *Consents
}

const (
	tokenVersion = 1
	signature    = 16 // bytes of the HMAC in a token
	maxToken     = 512
)

// URL is the link by which a member stops mails of a purpose; "" without a site or a key. Mail programs use
// https links only.
func (u *Unsubscriber) URL(member string, purpose Purpose) string {
	if u.Site == "" || len(u.Keys) == 0 {
		return ""
	}
	return strings.TrimSuffix(u.Site, "/") + UnsubscribePath + u.Token(member, purpose)
}

// Token is the part of the link that says who and what.
func (u *Unsubscriber) Token(member string, purpose Purpose) string {
	b := []byte{tokenVersion, byte(len(purpose))}
	b = append(b, purpose...)
	b = append(b, member...)
	b = append(b, u.sign(u.Keys[0], member, purpose)...)
	return base64.RawURLEncoding.EncodeToString(b)
}

// sign is the beginning of the HMAC over retailer, member and purpose.
func (u *Unsubscriber) sign(key []byte, member string, purpose Purpose) []byte {
	h := hmac.New(sha256.New, key)
	b := []byte("multipoint unsubscribe 1\n")
	for _, part := range [...]string{u.Retailer, member, string(purpose)} {
		b = binary.BigEndian.AppendUint32(b, uint32(len(part)))
		b = append(b, part...)
	}
	h.Write(b)
	return h.Sum(nil)[:signature]
}

// Read says whom and what a token is about. Error: unsubscribe.bad for one that we did not make.
func (u *Unsubscriber) Read(token string) (member string, purpose Purpose, err error) {
	bad := fault.New(fault.UnsubscribeBad, "")
	if len(token) > maxToken || strings.ContainsAny(token, "\r\n") { // which the decoder skips
		return "", "", bad
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(b) < 2+signature || b[0] != tokenVersion || len(b) < 2+int(b[1])+signature {
		return "", "", bad
	}
	body, got := b[2:len(b)-signature], b[len(b)-signature:]
	purpose, member = Purpose(body[:b[1]]), string(body[b[1]:])
	believed := 0
	for _, key := range u.Keys {
		if hmac.Equal(got, u.sign(key, member, purpose)) {
			believed++
		}
	}
	if believed == 0 || member == "" || !purpose.Known() {
		return "", "", bad
	}
	return member, purpose, nil
}

// UnsubscribeView is what a page about a link shows.
type UnsubscribeView struct {
	Purpose Purpose
	Done    bool  // the mails are stopped, just now
	Err     error // unsubscribe.bad, or what kept us from stopping them; then nothing else is set
}

// Handler serves links: POST stops the mails, from mail programs without login or cookie and from the page's
// own button; GET only shows, because programs open links that nobody pressed. page answers with what there
// is to see; the status is set before.
func (u *Unsubscriber) Handler(
	page func(w http.ResponseWriter, r *http.Request, v UnsubscribeView),
) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, token, _ := strings.Cut(r.URL.Path, UnsubscribePath)
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("Referrer-Policy", "no-referrer")
		member, purpose, err := u.Read(token)
		view := UnsubscribeView{Purpose: purpose}
		switch {
		case r.Method != http.MethodGet && r.Method != http.MethodHead && r.Method != http.MethodPost:
			w.Header().Set("Allow", "GET, HEAD, POST")
			http.Error(w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
			return
		case err == nil && r.Method == http.MethodPost:
			err = u.Consents.Revoke(r.Context(), member, Mail, purpose, "one-click")
			view.Done = err == nil
		}
		if err != nil {
			view = UnsubscribeView{Err: err}
			status := http.StatusInternalServerError
			var known *fault.Error
			if errors.As(err, &known) && known.Code == fault.UnsubscribeBad {
				status = http.StatusNotFound
			}
			w.WriteHeader(status)
		}
		page(w, r, view)
	})
}
