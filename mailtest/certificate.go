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
	_, err = h.certificate(h.faults.Certificate)
	return err
}

// tlsConfig shows each client the certificate that the faults of the service ask for
// by then.
func (h *Host) tlsConfig(service Service) *tls.Config {
	return &tls.Config{GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
		return h.certificate(h.faultsOf(service).Certificate)
	}}
}

// certificate issues the certificate of a sort, once.
func (h *Host) certificate(sort string) (*tls.Certificate, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
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
