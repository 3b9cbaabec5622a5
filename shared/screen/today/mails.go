package today

import (
	"net/http"

	"multipoint/shared/mail"
)

// maxMails is how many mails the list shows.
const maxMails = 200

// listMails lists the newest mails.
func (s *Site) listMails(w http.ResponseWriter, r *http.Request) error {
	var list []Sent
	if s.Mails != nil {
		var err error
		if list, err = s.Mails.List(r.Context(), maxMails); err != nil {
			return err
		}
	}
	return s.show(w, r, http.StatusOK, "mails.html", frame{
		Title: say(r, "送ったメール", "Mails"), Nav: "mails", Body: list,
	})
}

func (s *Site) mailOf(r *http.Request) (*mail.Message, error) {
	id := r.PathValue("id")
	if s.Mails == nil || mail.CheckID(id) != nil {
		return nil, &problem{status: http.StatusNotFound}
	}
	m, ok, err := s.Mails.Read(r.Context(), id)
	if err == nil && !ok {
		err = &problem{status: http.StatusNotFound}
	}
	return m, err
}

// showMail shows a mail: its text, and its HTML in a frame of its own in which nothing can run.
func (s *Site) showMail(w http.ResponseWriter, r *http.Request) error {
	m, err := s.mailOf(r)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Security-Policy", policy+"; frame-src 'self'")
	return s.show(w, r, http.StatusOK, "mail.html", frame{Title: m.Subject, Nav: "mails", Body: m})
}

// showMailHTML serves a mail's HTML part for the frame.
func (s *Site) showMailHTML(w http.ResponseWriter, r *http.Request) error {
	m, err := s.mailOf(r)
	if err != nil {
		return err
	}
	serveForeign(w, []byte(m.HTML), "'self'")
	return nil
}
