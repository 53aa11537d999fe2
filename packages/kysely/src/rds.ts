/**
 * What a pool needs for RDS, Aurora and RDS Proxy: IAM tokens for passwords, and TLS.
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
