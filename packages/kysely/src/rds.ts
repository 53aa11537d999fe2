/**
 * IAM tokens as passwords, and TLS settings, for pools of RDS, Aurora and RDS Proxy.
 *
 * @module
 */
export {
  type RdsIamPassword,
  type RdsIamPasswordOptions,
  type RdsSigner,
  rdsIamPassword,
} from './rds/rds-iam-password.ts'
export { type RdsTls, type RdsTlsOptions, rdsTls } from './rds/rds-tls.ts'
