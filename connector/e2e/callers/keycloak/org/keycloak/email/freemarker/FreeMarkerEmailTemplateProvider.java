package org.keycloak.email.freemarker;

import org.keycloak.email.EmailTemplateProvider;
import org.keycloak.models.KeycloakSession;
import org.keycloak.models.UserModel;

/** Stands for Keycloak's, of which a recipe's provider is one. */
public abstract class FreeMarkerEmailTemplateProvider implements EmailTemplateProvider {
  protected KeycloakSession session;
  protected UserModel user;

  public FreeMarkerEmailTemplateProvider(KeycloakSession session) {
    this.session = session;
  }

  @Override
  public EmailTemplateProvider setUser(UserModel user) {
    this.user = user;
    return this;
  }
}
