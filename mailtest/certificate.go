package mailtest

import (
	"crypto/tls"

	"mailprobe/wire/wiretest"
)

// prepareCertificate makes the authority, if there is none, and the certificate.
func (h *Host) prepareCertificate() (err error) {
	if h.authority == nil {
		if h.authority, err = wiretest.NewAuthority(); err != nil {
			return err
		}
	}
	_, err = h.certificate()
	return err
}

// tlsConfig shows each client the certificate that the faults ask for by then.
func (h *Host) tlsConfig() *tls.Config {
	return &tls.Config{GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
		return h.certificate()
	}}
}

// certificate issues the certificate of the sort that is asked for, once.
func (h *Host) certificate() (*tls.Certificate, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	sort := h.faults.Certificate
	if c := h.certificates[sort]; c != nil {
		return c, nil
	}
	c, err := h.authority.IssueFor(h.config.Name, sort)
	if err != nil {
		return nil, err
	}
	h.certificates[sort] = &c
	return &c, nil
}
