package org.keycloak.email.freemarker;

import org.keycloak.email.EmailTemplateProvider;
import org.keycloak.models.KeycloakSession;

public class FreeMarkerEmailTemplateProviderFactory {
  public EmailTemplateProvider create(KeycloakSession session) {
    throw new UnsupportedOperationException();
  }

  public String getId() {
    return "freemarker";
  }
}
