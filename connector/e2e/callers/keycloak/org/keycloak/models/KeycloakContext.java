package org.keycloak.models;

import java.util.Locale;

public interface KeycloakContext {
  Locale resolveLocale(UserModel user);
}
