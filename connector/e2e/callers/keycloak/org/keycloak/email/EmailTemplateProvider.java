package org.keycloak.email;

import org.keycloak.models.UserModel;

/** What the recipe uses of Keycloak's interface. */
public interface EmailTemplateProvider {
  EmailTemplateProvider setUser(UserModel user);

  void sendPasswordReset(String link, long expirationInMinutes) throws EmailException;

  void sendConfirmIdentityBrokerLink(String link, long expirationInMinutes) throws EmailException;

  void sendExecuteActions(String link, long expirationInMinutes) throws EmailException;

  void sendVerifyEmail(String link, long expirationInMinutes) throws EmailException;

  void sendEmailUpdateConfirmation(String link, long expirationInMinutes, String newEmail) throws EmailException;
}
